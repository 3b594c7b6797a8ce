"""Is the registry what it was? Every byte, every move, and what the ledger remembers of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import AssayError, DataError
from runner.bundle import aliases
from runner.bundle.layout import GATES, MANIFEST, PARITY, PROMOTION, SIGNATURE, WITNESSED, read_verified
from runner.bundle.reader import Bundle
from runner.bundle.registry import find, names, versions
from runner.promotion.moves import sums_of, unwitnessed_moves
from runner.promotion.opening import OPENINGS
from runner.promotion.replay import data_problems, replay_problems
from runner.promotion.signing import signed_by
from runner.recording import testimony
from runner.recording.keeping import ARCHIVE, RUNS
from runner.recording.ledger import Ledger
from runner.recording.sealed import changed
from runner.recording.witnesses import heads_in, noted_heads
from runner.report.promotion import overruled

if TYPE_CHECKING:
    from runner.console import Console

EMPTY = "The registry is empty; promote a run first: python -m runner promote RUN"

PLACES = (RUNS, ARCHIVE)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What `verify` found. bundles: a plain entry a name; heads: how many were noted; problems: of what is no
    bundle's."""

    bundles: tuple[Mapping[str, Any], ...]
    runs: int
    heads: int
    problems: tuple[str, ...]

    def every_problem(self) -> list[str]:
        return [*(line for entry in self.bundles for line in entry["problems"]), *self.problems]


def verify_all(
    root: Path, reference: str | None = None, *, replay: bool = False, trusted: Path | None = None
) -> Verified:
    """Everything: bundles, openings, run folders and the ledger to the byte; or one name, or one version of it.
    replay, trusted: see `verify`."""
    ledger = Ledger.open()
    if broken := [line for line in ledger.verify() if line.startswith("chain broken")]:
        # Nothing can be compared with a record that is itself not what it was.
        return Verified(bundles=(), runs=0, heads=0, problems=tuple(f"ledger: {line}" for line in broken))
    openings = _openings(ledger)
    if reference is None:
        outputs = root.parent
        bundles = [
            verify(root, name, versions(root, name), ledger, openings, replay=replay, trusted=trusted)
            for name in names(root)
        ]
        folders = sorted(path for place in PLACES for path in outputs.glob(f"{place}/*/[!.]*") if path.is_dir())
        heads = noted_heads(outputs) | set().union(*(entry["heads"] for entry in bundles))
        problems = [
            *_openings_problems(root, ledger, bundles),
            *(f"{folder / name}: not what the run wrote" for folder in folders for name in changed(folder, ledger)),
            *(f"ledger: {line}" for line in ledger.verify(heads, to_the_byte=True)),
        ]
        return Verified(bundles=tuple(bundles), runs=len(folders), heads=len(heads), problems=tuple(problems))
    folder, (name, _, version) = find(reference, root), reference.partition("@")
    chosen = [number for number in versions(root, name) if not version or str(number) == folder.name]
    entry = verify(root, name, chosen, ledger, openings, replay=replay, trusted=trusted)
    lines = tuple(f"ledger: {line}" for line in ledger.verify(entry["heads"]))
    return Verified(bundles=(entry,), runs=0, heads=len(entry["heads"]), problems=lines)


def _openings(ledger: Ledger) -> dict[str, bool]:
    """Head of each opening -> whether the vault was reused."""
    events = testimony.noted(ledger, "vault_opened")
    return {event.head: bool(event.content["reused"]) for event in events}


def verify(
    root: Path,
    name: str,
    chosen: Sequence[int],
    ledger: Ledger,
    openings: Mapping[str, bool],
    *,
    replay: bool,
    trusted: Path | None,
) -> dict[str, Any]:
    """Plain: the versions of a name with their overrides, the aliases, heads, and what is wrong, one line each.

    chosen: the versions that are looked into. Of each: checksums of all files, against the ledger too, a graph and a
    recipe that open, name and version as its folder says, a certificate without differences, and kept forecasts that
    the graph gives again; replay: where the data are at hand, that bundle and evidence agree with them; trusted: a
    public key that must have signed.
    """
    found: list[str] = []
    shown, heads, keys = [], set[str](), set[str]()
    for version in chosen:
        folder, before = root / name / str(version), len(found)
        try:
            files = read_verified(folder)
            found += _bytes(folder, name, version, json.loads(files[MANIFEST]), files, ledger)
            bundle = Bundle.open(folder)
            _ = bundle.portfolio, bundle.constraints, bundle.preprocessor, bundle.recipe.nodes, bundle.run_graph
            found += _claims(folder, name, version, bundle.manifest, files)
            found += replay_problems(folder, files, bundle)
            found += _signature(folder, ledger, trusted)
            found += _vault_claims(folder, json.loads(files.get(PROMOTION, b"{}")), openings)
        except AssayError as error:
            found.append(str(error))
            continue
        except Exception as error:
            found.append(f"{folder}: cannot be opened: {type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        heads |= {head for file in (MANIFEST, PROMOTION) for head in heads_in(files.get(file, b""))}
        keys.add(bundle.manifest["run"]["run_key"])
        if replay and len(found) == before:
            found += data_problems(folder, files, bundle, root)
        override, whole = bundle.manifest.get("override"), len(found) == before
        shown.append({"version": version, "override": override, "whole": whole})
    try:
        found += aliases.problems(root, name, versions(root, name))
        found += unwitnessed_moves(
            ledger, root, name, {n: _is_witnessed(root / name / str(n)) for n in versions(root, name)}
        )
        pointing = dict(aliases.current(root, name))
    except AssayError as error:
        found.append(str(error))
        pointing = {}
    return {
        "name": name,
        "versions": shown,
        "aliases": pointing,
        "heads": sorted(heads),
        "keys": sorted(keys),
        "problems": found,
    }


def _bytes(
    folder: Path,
    name: str,
    version: int,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    ledger: Ledger,
) -> Iterator[str]:
    """Where the bytes of a version are not those that its promotion noted in the ledger."""
    known = testimony.versions_noted(ledger, manifest["run"]["run_key"], name, version)
    if not known:
        if manifest["format_version"] >= WITNESSED or testimony.names_version(ledger, name, version):
            yield f"{folder}: no event of the ledger says that this run became this version"
        return
    for file in testimony.closest(known, {file: testimony.digest(data) for file, data in files.items()}):
        yield f"{folder / file}: not what the ledger recorded when the version was promoted"


def _signature(folder: Path, ledger: Ledger, trusted: Path | None) -> Iterator[str]:
    """Where a signature does not fit, is not the trusted one's, or is gone."""
    try:
        by = signed_by(folder, trusted)
    except DataError as error:
        yield str(error)
        return
    known = {event.content["by"] for event in testimony.noted(ledger, testimony.SIGNED, sums_of(folder) or "")}
    if known and by not in known:
        yield f"{folder / SIGNATURE}: the ledger knows another signature of this version than the one that is there"


def _is_witnessed(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / MANIFEST).read_bytes())["format_version"] >= WITNESSED)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def _openings_problems(root: Path, ledger: Ledger, bundles: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where what a vault said is not what the ledger recorded when it said so."""
    known = {event.key: event.content["files"] for event in testimony.noted(ledger, testimony.JUDGED)}
    folders = {path.name: path for path in sorted((root / OPENINGS).glob("[!.]*"))}
    for key, folder in folders.items():
        if key not in known:
            yield (
                f"{folder}: no event of the ledger says what this vault said; where a promotion was cut off, promote "
                "the run again"
            )
            continue
        names = {path.name for path in folder.iterdir()} | set(known[key]) if folder.is_dir() else set(known[key])
        for name in testimony.differing(known[key], testimony.digests(folder, names)):
            yield f"{folder / name}: not what the ledger recorded when the vault was opened"
    for key in sorted({key for entry in bundles for key in entry["keys"]} & known.keys() - folders.keys()):
        yield f"{root / OPENINGS / key}: the ledger knows what this vault said, and it is gone"


def _claims(
    folder: Path, name: str, version: int, manifest: Mapping[str, Any], files: Mapping[str, bytes]
) -> Iterator[str]:
    """Where the content does not fit its place or itself."""
    if (manifest["name"], manifest["version"]) != (name, version):
        yield f"{folder}: holds {manifest['name']}@{manifest['version']}; a version was moved or copied"
    if not json.loads(files[PARITY])["passed"]:
        yield f"{folder / PARITY}: the certificate found differences"
    gates = json.loads(files[GATES])
    if not gates["passed"] and not manifest.get("override"):
        yield f"{folder / GATES}: did not pass, and no override says why it was promoted"


def _vault_claims(folder: Path, promotion: Mapping[str, Any], openings: Mapping[str, bool]) -> Iterator[str]:
    """Where a bundle says of its vault what the ledger does not; openings: head of each -> whether it was reused."""
    vault = promotion.get("vault")
    if vault is None or promotion["ledger_head"] not in openings:
        return  # a head that nobody knows is reported as such
    if vault["reused"] != openings[promotion["ledger_head"]]:
        now, then = ("reused", "new") if vault["reused"] else ("new", "reused")
        yield f"{folder / PROMOTION}: says that the vault was {now}; the ledger says that it was {then}"


def show(console: "Console", found: Verified) -> None:
    """What is there, then what is wrong; overrides and problems are in red."""
    for entry in found.bundles:
        for version in entry["versions"]:
            alias = _alias(entry["aliases"], version["version"])
            whole = "whole" if version["whole"] else "NOT what it was"
            console.say(f"{entry['name']}@{version['version']}{alias}: {whole}")
            if version["override"]:
                console.alarm(overruled(version["override"]))
    problems = found.every_problem()
    for line in problems:
        console.alarm(line)
    if not found.bundles and not problems:
        console.say(EMPTY)
    elif not problems:
        console.say(f"Everything is what it was; the ledger knows all {found.heads} heads that were noted.")


def bundles(root: Path) -> list[dict[str, Any]]:
    """Plain: of every version its aliases, level and run, and what its vault is worth; broken: why it cannot be read,
    None where it can."""
    found = []
    for name in names(root):
        pointing = aliases.current(root, name)
        for version in versions(root, name):
            folder = root / name / str(version)
            held = [str(alias) for alias, pointed in pointing.items() if pointed == version]
            entry: dict[str, Any] = {"reference": f"{name}@{version}", "aliases": held, "folder": str(folder)}
            found.append(entry | _in_short(folder, name))
    return found


def _in_short(folder: Path, name: str) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        promotion = json.loads((folder / PROMOTION).read_bytes())
    except (OSError, ValueError):
        empty = {"level": None, "run": None, "vault": None, "override": None}
        return {**empty, "broken": f"cannot be read; see python -m runner verify {name}"}
    vault = promotion["vault"]
    return {
        "level": promotion.get("level"),
        "run": manifest["run"]["run_id"],
        "vault": ("reused" if vault["reused"] else "opened once") if vault else None,
        "override": promotion["override"],
        "broken": None,
    }


def show_versions(console: "Console", found: Sequence[Mapping[str, Any]]) -> None:
    """One line a version: its aliases, its level, its run and what its vault is worth; overrides in red."""
    for entry in found:
        if entry["broken"]:
            console.alarm(f"{entry['reference']}: {entry['broken']}")
            continue
        alias = f" ({', '.join(entry['aliases'])})" if entry["aliases"] else ""
        worth = f"vault {entry['vault']}" if entry["vault"] else "no vault"
        console.say(f"{entry['reference']}{alias}: {entry['level']}, run {entry['run']}, {worth}")
        if entry["override"]:
            console.alarm(overruled(entry["override"]))
    if not found:
        console.say(EMPTY)


def _alias(pointing: Mapping[Any, int], version: int) -> str:
    held = [str(alias) for alias, pointed in pointing.items() if pointed == version]
    return f" ({', '.join(held)})" if held else ""
