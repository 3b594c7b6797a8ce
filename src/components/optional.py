"""Packages that the core does not bring: which of them are missing, and the line that installs them."""

import re
import shlex
import sys
from collections.abc import Iterable, Mapping

DISTRIBUTION = "assay-runner"
REQUIREMENT = re.compile(r"""(?P<name>[\w.-]+)[^;]*;.*\bextra == ['"](?P<extra>[\w.-]+)['"]""")


def missing(distributions: Iterable[str]) -> tuple[str, ...]:
    """Those that are not installed."""
    return tuple(name for name in distributions if not _installed(name))


def installation(distributions: Iterable[str]) -> str:
    """The command that installs them into the environment in use: with their extra, where one brings them all."""
    names = tuple(distributions)
    extra = extra_of(names)
    wanted = [f"{DISTRIBUTION}[{extra}]"] if extra else names
    return shlex.join([sys.executable, "-m", "pip", "install", *wanted])


def extra_of(distributions: Iterable[str]) -> str | None:
    """The smallest extra of this distribution that brings them all; None where none does."""
    wanted = {_normal(name) for name in distributions}
    fitting = [(len(brought), extra) for extra, brought in _extras().items() if wanted and wanted <= brought]
    return min(fitting)[1] if fitting else None


def _extras() -> Mapping[str, set[str]]:
    """extra -> distributions, as the installed metadata say; none where only the sources are there."""
    from importlib import metadata

    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    extras: dict[str, set[str]] = {}
    for found in filter(None, map(REQUIREMENT.match, lines)):
        extras.setdefault(found["extra"], set()).add(_normal(found["name"]))
    return extras


def _installed(name: str) -> bool:
    from importlib import metadata

    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
