"""Where promoted bundles lie: <root>/<name>/<version>/, versions 1, 2, 3, ..., never changed once written."""

import json
import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from components.errors import ConfigError, DataError, OutputError, Problem
from runner.bundle.aliases import ALIASES, current
from runner.bundle.layout import MANIFEST

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
ATTEMPTS = 100


def versions(root: Path, name: str) -> list[int]:
    """Versions of a name, ascending; none if the name is unknown."""
    folder = root / name
    if not folder.is_dir():
        return []
    return sorted(int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal())


def names(root: Path) -> list[str]:
    """Names with at least one version, sorted."""
    folders = root.iterdir() if root.is_dir() else ()
    return sorted(folder.name for folder in folders if versions(root, folder.name))


def version_of(root: Path, name: str, run_key: str) -> int | None:
    """The newest version that holds this run; None if there is none."""
    check_name(name)
    for version in reversed(versions(root, name)):
        if _run_key(root / name / str(version)) == run_key:
            return version
    return None


def check_name(name: str) -> None:
    """Raises ConfigError for a name that is none."""
    if NAME.fullmatch(name) is None:
        raise ConfigError(
            f"export.name: '{name}' is no name of a bundle; use letters, digits, dot, dash and underscore"
        )


def register(root: Path, name: str, run_key: str, write: Callable[[Path, int], None]) -> Path:
    """The folder of the bundle of a run: the one it has already, or that of the next version.

    write: writes version `int` into the folder `Path`, raising OutputError where it exists already,
    as it does when another process was quicker. Raises ConfigError for a name that is none.
    """
    for _ in range(ATTEMPTS):
        if (held := version_of(root, name, run_key)) is not None:
            return root / name / str(held)
        version = max(versions(root, name), default=0) + 1
        folder = root / name / str(version)
        try:
            write(folder, version)
        except OutputError:
            if not folder.exists():
                raise
        else:
            return folder
    raise OutputError(f"{root / name}: other processes keep taking the next version; try again")


def _run_key(folder: Path) -> str | None:
    try:
        key: str = json.loads((folder / MANIFEST).read_bytes())["run"]["run_key"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # damaged: opening it will say so
    return key


def find(reference: str, root: Path) -> Path:
    """The folder of `<name>[@version or alias]`, by default the champion's, else the latest version's, or of a
    path to a bundle.

    Raises DataError naming what there is.
    """
    if (Path(reference) / MANIFEST).is_file():
        return Path(reference)
    name, _, wanted = reference.partition("@")
    known = versions(root, name) if NAME.fullmatch(name) else []
    if not known:
        raise DataError(_unknown(name, root))
    aliases = {str(alias): version for alias, version in current(root, name).items()}
    if not wanted:
        return root / name / str(aliases.get("champion", known[-1]))
    if wanted in ALIASES and wanted not in aliases:
        raise DataError(f"{reference}: '{name}' has no {wanted}; versions: {', '.join(map(str, known))}")
    version = str(aliases.get(wanted, wanted))
    if version not in map(str, known):
        raise DataError(f"{reference}: no such version; versions of '{name}': {', '.join(map(str, known))}")
    return root / name / version


def _unknown(name: str, root: Path) -> Problem:
    known = tuple(names(root))
    code, message = "unknown_bundle", "no such bundle"
    if not known:
        remedy = f"{root} is empty; promote a run first: python -m runner promote RUN"
        return Problem(f"{name}: {message}", remedy, code=code, value=name, allowed=known, at=name)
    nearest = tuple(get_close_matches(name, known, n=1))
    hint = f"did you mean '{nearest[0]}'? " if nearest else ""
    told = f"{hint}bundles in {root}: {', '.join(known)}"
    return Problem(name, message, told, code=code, value=name, allowed=known, fix=nearest)
