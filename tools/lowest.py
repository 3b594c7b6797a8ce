"""The lowest versions that pyproject.toml allows, one constraint a line: `python tools/lowest.py > lowest.txt`."""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
BOUNDS = (">=", "==", "~=")


def direct(project: Mapping[str, Any]) -> Iterator[Requirement]:
    """Everything that the project itself asks for, in its core and in its extras."""
    extras: Iterable[list[str]] = project.get("optional-dependencies", {}).values()
    for line in (*project["dependencies"], *(line for extra in extras for line in extra)):
        requirement = Requirement(line)
        if requirement.name != project["name"]:
            yield requirement


def lowest(requirement: Requirement) -> str:
    """`name==version` of the requirement's lower bound. Raises ValueError where it has none."""
    bounds = [clause.version for clause in requirement.specifier if clause.operator in BOUNDS]
    if not bounds:
        raise ValueError(f"{requirement}: no lower bound; pip would walk back years to meet it")
    return f"{requirement.name}=={bounds[0]}"


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    sys.stdout.writelines(f"{line}\n" for line in sorted({lowest(needed) for needed in direct(project)}))
