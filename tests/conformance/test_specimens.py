"""A package in which everything is broken in one way: each is refused by the name of its law, and by no other."""

import re
import runpy
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from runner.testing import law as law_of

PROJECT = Path(__file__).parent / "specimens"
BROKEN: dict[str, str] = runpy.run_path(str(PROJECT / "specimens" / "__init__.py"))["BROKEN"]
LINE = re.compile(r"^E?\s*(?P<law>\w+\.\w+): (?P<what>.+); (?P<where>specimens\.[\w.]+|conf/\S+)")


def told(*command: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def refused(output: str) -> dict[str, set[str]]:
    """Class or file -> names of the laws that it breaks, as the lines say it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in output.splitlines():
        if match := LINE.match(line):
            found[match["where"].removeprefix("specimens.")].add(match["law"])
    return dict(found)


def test_there_are_specimens_of_every_slot() -> None:
    assert len(BROKEN) >= 20
    rooms = {Path(file).stem for file in (Path(law_of.__file__).parent / "laws").glob("[a-z]*.py")}
    assert {law.partition(".")[0] for law in BROKEN.values()} == rooms


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("-m", "runner", "testing"), id="verb"),
        pytest.param(
            ("-m", "pytest", "-q", "-p", "runner.testing", "--laws", "specimens"), id="plugin", marks=pytest.mark.slow
        ),
    ],
)
def test_each_is_refused_by_the_name_of_its_law(command: tuple[str, ...]) -> None:
    code, output = told(*command)
    assert code == 1, output
    assert refused(output) == {where: {law} for where, law in BROKEN.items()}


def test_what_is_sound_passes_and_a_package_that_is_not_in_use_is_refused(tmp_path: Path) -> None:
    code, output = told("-m", "runner", "testing", "specimens", "-k", "component.a_value")
    assert code == 0, output
    assert " passed" in output
    code, output = told("-m", "runner", "testing", "elsewhere")
    assert (code, output.strip()) == (
        2,
        "elsewhere: not among the packages of components in use (specimens); name it in ./pyproject.toml, [tool.assay] "
        "components, or in ASSAY_COMPONENTS",
    )
