"""The user's own packages of components."""

import functools
import os
from pathlib import Path

from components.errors import ConfigError


def user_packages() -> tuple[str, ...]:
    """Packages named in ./pyproject.toml `[tool.assay] components` and in ASSAY_COMPONENTS."""
    named: list[str] = []
    pyproject = Path("pyproject.toml")
    if pyproject.is_file():
        try:
            named += _named_in(pyproject.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{pyproject}: cannot be read: {error}") from None
    named += [name.strip() for name in os.environ.get("ASSAY_COMPONENTS", "").split(",") if name.strip()]
    return tuple(dict.fromkeys(named))


@functools.cache
def _named_in(pyproject: str) -> tuple[str, ...]:
    import tomllib

    named = tomllib.loads(pyproject).get("tool", {}).get("assay", {}).get("components", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError('[tool.assay] components must be a list of package names, like ["my_components"]')
    return tuple(named)
