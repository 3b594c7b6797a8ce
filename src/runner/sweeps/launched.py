"""What a worker is told that a launcher starts, on this machine or another one, and what it must find there."""

import hashlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from components.errors import AssayError, ConfigError
from runner.composition.places import config_folder
from runner.composition.secrets import hidden
from runner.recording.actors import acting
from runner.recording.ledger import Ledger
from runner.storage.digests import version_of
from runner.sweeps.opened import Opened, opened_again
from runner.sweeps.supervising import supervise

LEDGER, PATH = "ASSAY_LEDGER", "PYTHONPATH"
SECRETS = frozenset({"ASSAY_VAULT_KEY"})
"""Variables that are never handed over: whatever a launcher is given may be written down or shown by it."""

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm", "numba", "optuna")
"""Whose versions change bytes of results, or which point is tried next."""

How = Literal["done", "refused", "died"]


@dataclass(frozen=True, kw_only=True)
class Handed:
    """All that a machine may not know by itself; called by a launcher, it is the worker.

    sweep: its folder; works_in: where the command ran; variables: of the environment; needed: names of those that
    were not handed over, since they hold secrets; code: of the product and its configurations; versions: of the
    libraries; head: of the ledger.
    """

    sweep: str
    works_in: str
    variables: Mapping[str, str]
    needed: tuple[str, ...]
    code: str
    versions: Mapping[str, str | None]
    head: str

    def __call__(self, _: Any) -> tuple[How, str]:
        """Works until nothing is left, and says how that ended."""
        try:
            self._enter()
            supervise(opened_again(Path(self.sweep)), 1)
        except ConfigError as error:
            return "refused", f"{socket.gethostname()}: {error}"
        except AssayError as error:
            return "died", f"{socket.gethostname()}: {error}"
        return "done", ""

    def _enter(self) -> None:
        """Makes this process like the one that began the sweep. Raises ConfigError with what this machine lacks."""
        for folder in (self.works_in, self.sweep):
            if not Path(folder).is_dir():
                raise ConfigError(f"{folder}: is not here; share it between the machines, under the same path")
        if lacking := [name for name in self.needed if not os.environ.get(name)]:
            hint = "set it where workers are started; what holds a secret is not handed over"
            raise ConfigError(f"{lacking[0]}: is not set here; {hint}")
        os.chdir(self.works_in)
        os.environ.update(self.variables)
        for name, version in self.versions.items():
            if version_of(name) != version:
                raise ConfigError(f"{name}: is {version_of(name)} here, {version} in the sweep; install what it has")
        if code() != self.code:
            raise ConfigError(f"{Path(__file__).parents[2]}: is other code than that of the sweep; install the same")
        if (ledger := Ledger.existing()) is None or not ledger.holds(self.head):
            place = self.variables.get(LEDGER, LEDGER)
            hint = "share its folder, or set ASSAY_LEDGER to a database that all machines reach"
            raise ConfigError(f"{place}: is another ledger than that of the sweep; {hint}")


def handed(opened: Opened) -> Handed:
    """What a worker of this sweep is told."""
    ledger = Ledger.open()
    variables, needed = _variables(opened.settings.storage_env, ledger.chain.database.place)
    return Handed(
        sweep=str(opened.folder.resolve()),
        works_in=str(Path.cwd()),
        variables=variables,
        needed=needed,
        code=code(),
        versions={name: version_of(name) for name in LIBRARIES},
        head=ledger.head(),
    )


def _variables(storage: str | None, ledger: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Those that say what a trial is and where it is noted, and the names of secret ones that it cannot do without.

    ledger: where it is, of which the environment need not know.
    """
    actor = acting()
    named = ":".join(filter(None, [actor.kind.replace(" ", "_"), actor.name, actor.version]))
    found = {name: value for name, value in os.environ.items() if name.startswith("ASSAY_") or name in (storage, PATH)}
    found = {LEDGER: ledger, "ASSAY_ACTOR": named, **{name: value for name, value in found.items() if value}}
    if "://" not in found[LEDGER]:
        found[LEDGER] = str(Path(found[LEDGER]).resolve())
    secret = {name for name, value in found.items() if name in SECRETS or hidden(value) != value}
    plain = {name: value for name, value in found.items() if name not in secret}
    return plain, tuple(sorted(secret & {LEDGER, storage}))


@cache
def code() -> str:
    """SHA-256 of the sources and configurations from which this process runs."""
    total = hashlib.sha256()
    for name, path in _sources(Path(__file__).parents[2]):
        total.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _sources(root: Path) -> Iterator[tuple[str, Path]]:
    parts: Sequence[tuple[Path, str]] = (
        (root / "components", "*.py"),
        (root / "runner", "*.py"),
        (config_folder(), "*.yaml"),
    )
    for folder, kind in parts:
        for path in sorted(folder.rglob(kind)):
            yield f"{folder.name}/{path.relative_to(folder)}", path
