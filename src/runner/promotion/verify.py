"""Is the registry what it was? Every byte, every move, and what the ledger remembers of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import AssayError
from runner.bundle import aliases
from runner.bundle.layout import GATES, MANIFEST, PARITY, PROMOTION, read_verified
from runner.bundle.reader import Bundle
from runner.bundle.registry import find, names, versions
from runner.recording.ledger import Ledger
from runner.recording.witnesses import heads_in
from runner.report.promotion import overruled

if TYPE_CHECKING:
    from runner.console import Console

EMPTY = "The registry is empty; promote a run first: python -m runner promote RUN"


def verify_all(root: Path, reference: str | None = None) -> list[dict[str, Any]]:
    """What `verify` finds of every name, or of the name or the one version that is referred to."""
    if reference is None:
        return [verify(root, name, versions(root, name)) for name in names(root)]
    folder, (name, _, version) = find(reference, root), reference.partition("@")
    chosen = [number for number in versions(root, name) if not version or str(number) == folder.name]
    return [verify(root, name, chosen)]


def verify(root: Path, name: str, chosen: Sequence[int]) -> dict[str, Any]:
    """Plain: the versions of a name with their overrides, the aliases, and what is wrong, one line each.

    chosen: the versions that are looked into. Of each: checksums of all files, a graph and a recipe that open,
    name and version as its folder says, a certificate without differences, and ledger heads that the ledger knows.
    """
    found: list[str] = []
    shown, heads = [], dict[str, str]()
    opened = Ledger.open().chain.read(lambda transaction: list(transaction.events(kind="vault_opened")))
    openings = {event.head: bool(event.content["reused"]) for event in opened}
    for version in chosen:
        folder = root / name / str(version)
        try:
            files = read_verified(folder)
            bundle = Bundle.open(folder)
            _ = bundle.portfolio, bundle.constraints, bundle.preprocessor, bundle.recipe.nodes, bundle.session
        except AssayError as error:
            found.append(str(error))
            continue
        except Exception as error:
            found.append(f"{folder}: cannot be opened: {type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        found += _claims(folder, name, version, bundle.manifest, files)
        found += _vault_claims(folder, json.loads(files.get(PROMOTION, b"{}")), openings)
        for file in (MANIFEST, PROMOTION):
            heads |= dict.fromkeys(heads_in(files.get(file, b"")), f"{folder}")
        shown.append({"version": version, "override": bundle.manifest.get("override")})
    try:
        found += aliases.problems(root, name, versions(root, name))
        pointing = dict(aliases.current(root, name))
    except AssayError as error:
        found.append(str(error))
        pointing = {}
    found += _unknown_heads(heads)
    return {"name": name, "versions": shown, "aliases": pointing, "heads": len(heads), "problems": found}


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


def _unknown_heads(heads: Mapping[str, str]) -> list[str]:
    """What the ledger says of its own chain and of the heads that bundles witness."""
    return [f"ledger: {line}" for line in Ledger.open().verify(heads)]


def show(console: "Console", found: Sequence[Mapping[str, Any]]) -> None:
    """What is there, then what is wrong; overrides and problems are in red."""
    for entry in found:
        for version in entry["versions"]:
            alias = _alias(entry["aliases"], version["version"])
            console.say(f"{entry['name']}@{version['version']}{alias}: whole")
            if version["override"]:
                console.alarm(overruled(version["override"]))
        for line in entry["problems"]:
            console.alarm(line)
    if not any(entry["problems"] for entry in found):
        heads = sum(entry["heads"] for entry in found)
        console.say(
            f"Everything is what it was; the ledger knows all {heads} heads that were noted." if found else EMPTY
        )


def show_versions(console: "Console", root: Path) -> None:
    """One line a version: its aliases, its run and what its vault is worth; overrides in red."""
    for name in names(root):
        pointing = aliases.current(root, name)
        for version in versions(root, name):
            try:
                manifest = json.loads((root / name / str(version) / MANIFEST).read_bytes())
                promotion = json.loads((root / name / str(version) / PROMOTION).read_bytes())
            except (OSError, ValueError):
                console.alarm(f"{name}@{version}: cannot be read; see python -m runner verify {name}")
                continue
            vault = promotion["vault"]
            worth = ("vault reused" if vault["reused"] else "vault opened once") if vault else "no vault"
            console.say(f"{name}@{version}{_alias(pointing, version)}: run {manifest['run']['run_id']}, {worth}")
            if promotion["override"]:
                console.alarm(overruled(promotion["override"]))
    if not names(root):
        console.say(EMPTY)


def _alias(pointing: Mapping[Any, int], version: int) -> str:
    held = [str(alias) for alias, pointed in pointing.items() if pointed == version]
    return f" ({', '.join(held)})" if held else ""
