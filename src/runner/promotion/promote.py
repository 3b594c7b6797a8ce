"""One promotion, step by step: whenever it is cut off, the previous champion stays in charge, and promoting the
same run again finishes what was begun."""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from components.errors import DataError, GateFailed
from components.values import Finding
from runner.bundle import aliases
from runner.bundle.aliases import Alias
from runner.bundle.layout import PROMOTION, SUMS, read_verified
from runner.bundle.registry import check_name, register, version_of
from runner.bundle.writer import write_bundle
from runner.compute.pipeline import Prepared
from runner.compute.stage import Cache
from runner.judging.verdict import GateOutcome, Level, Verdict
from runner.promotion.deploy import Deployed, certify_folds, refit
from runner.promotion.every_row import leaks_of_every_row
from runner.promotion.moves import MoveWitness
from runner.promotion.opening import Candidate, Opening, alone, opening_of
from runner.promotion.vault import findings_of_all, prepare_all, refuse_other_ledger
from runner.recording import testimony
from runner.recording.actors import forbid
from runner.recording.ledger import Ledger
from runner.specification.places import Places
from runner.storage.canonical import finite_or_null

NOTHING_APPLIED = "no required gate could be applied"
STEPS = ("certified", "opened", "looked", "judged", "refitted", "witnessed", "written", "pointed")
"""Names of the steps, in order; `after` is told each when it is done."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """name: of the bundle, None: export.name; alias: what it becomes, None: what its level allows, see `_alias`;
    override: the reason why failed gates, or a level, shall not count."""

    name: str | None = None
    alias: Alias | None = None
    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What came of a promotion. state: judged where forecasts made elsewhere passed, of which there is no bundle;
    folder: the version, None where gates refused it or there is none; aliases: that point at it now;
    content: what the bundle's promotion.json says, or would say."""

    state: Literal["promoted", "already promoted", "refused", "judged"]
    folder: Path | None
    aliases: tuple[Alias, ...]
    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        folder = str(self.folder) if self.folder else None
        return {"state": self.state, "bundle": folder, "aliases": list(self.aliases), **self.content}

    def told(self) -> dict[str, Any]:
        """The same in short."""
        whole = self.to_json()
        return {name: whole.get(name) for name in ("state", "bundle", "aliases", "level")}


def promote(
    candidate: Candidate,
    wish: Wish,
    cache: Cache,
    places: Places,
    *,
    after: Callable[[str], None] = lambda _: None,
) -> Promotion:
    """Certifies, opens the vault, judges, refits, writes the next version and points an alias at it.

    The same run key under the same name is the same version: nothing is opened or fitted again. A required gate
    that fails, of the run or on the vault, refuses it unless wish.override gives a reason; its names are then
    kept in the bundle and in the move of the alias. Raises ContractError where the bundle differs from the run.
    """
    registry = places.registry
    name, key = wish.name or candidate.experiment.export.name, str(candidate.run["run_key"])
    check_name(name)
    forbid("may not open a vault, promote or override")
    refuse_other_ledger(Ledger.open(places.ledger), places.outputs, wish.override)
    with alone(registry, key):
        held = version_of(registry, name, key)
        if held is not None:
            return _held(candidate, wish, places, registry / name / str(held), after)
        return _anew(candidate, wish, cache, places, name, key, after)


def _held(candidate: Candidate, wish: Wish, places: Places, folder: Path, after: Callable[[str], None]) -> Promotion:
    """A run that is a version already: what was cut off after that was written is done, and its alias is moved."""
    content = json.loads(read_verified(folder).get(PROMOTION, b"{}"))
    level = content.get("level", "candidate")
    refuse_champion(wish, level, "only a hallmarked version becomes champion")
    _check_witness(candidate, places, folder, content.get("override"))
    pointing = _point(places, folder, wish, content.get("override") or _override(wish, (), level), level)
    after("pointed")
    return Promotion(state="already promoted", folder=folder, aliases=pointing, content=content)


def _anew(
    candidate: Candidate,
    wish: Wish,
    cache: Cache,
    places: Places,
    name: str,
    key: str,
    after: Callable[[str], None],
) -> Promotion:
    refuse_hopeless(wish, Verdict.from_json(candidate.gates))
    claimed = candidate.experiment.claims is not None
    # No vault is opened for what could not be exported faithfully.
    parity: Mapping[str, Any] = {}
    if not claimed:
        parity = cache.run(
            "parity", lambda: certify_folds(candidate.experiment, candidate.prepared, candidate.executed, cache)
        )
    after("certified")
    leaky = leaks_of_every_row(
        candidate.experiment, candidate.prepared, candidate.executed, candidate.evidence.leaks, cache
    )
    if leaky is not None and wish.override is None:
        return Promotion(state="refused", folder=None, aliases=(), content=_refused(candidate, leaky, places))
    quality = findings_of_all(candidate.experiment, cache)
    # Called not before the ledger knows of the opening.
    everything = functools.cache(lambda: prepare_all(candidate.experiment, cache))
    opening = opening_of(candidate, everything, cache, places, key, after)
    failed = tuple(dict.fromkeys((*_failed(opening.verdict), *([leaky.name] if leaky else []))))
    level = "rejected" if leaky else opening.verdict.level
    content = _content(candidate, opening, failed, _override(wish, failed, level), quality)
    if failed and content["override"] is None:
        return Promotion(state="refused", folder=None, aliases=(), content=content)
    if claimed:
        return Promotion(state="judged", folder=None, aliases=(), content=content)
    deployed = cache.run("refit", lambda: _refit(candidate, everything()))
    bundle = deployed.bundle
    if not opening.verdict.hands_out_weights:
        bundle = replace(bundle, recipe=bundle.recipe.without_weights())
    after("refitted")
    content = {**content, "deployed": deployed.facts, "promoted_at": _now()}

    def write(folder: Path, version: int) -> None:
        def witness(files: Mapping[str, bytes]) -> None:
            _witness(candidate, places, folder, content["override"], files)
            after("witnessed")

        write_bundle(
            folder,
            bundle,
            name=name,
            version=version,
            config=candidate.config,
            run=candidate.run,
            gates={**opening.verdict.to_json(), "override": content["override"]},
            parity=parity,
            promotion=content,
            evidence=opening.arrays,
            replay=deployed.kept,
            witness=witness,
        )

    folder = register(places.registry, name, key, write)
    after("written")
    pointing = _point(places, folder, wish, content["override"], level)
    after("pointed")
    return Promotion(state="promoted", folder=folder, aliases=pointing, content=content)


def _refused(candidate: Candidate, outcome: GateOutcome, places: Places) -> dict[str, Any]:
    """What is said where the vault need not be opened."""
    return {
        "level": "rejected",
        "passed": False,
        "failed": [outcome.name],
        "override": None,
        "ledger_head": Ledger.open(places.ledger).head(),
        "vault": None,
        "unopened": True,
        "metrics": finite_or_null(candidate.evidence.metrics),
        "vault_gates": [asdict(outcome)],
    }


def _witness(
    candidate: Candidate, places: Places, folder: Path, override: Mapping[str, Any] | None, files: Mapping[str, bytes]
) -> None:
    """Notes every byte of a version in the ledger; files: of the version, its SHA256SUMS among them."""
    content = {
        "run_id": candidate.run["run_id"],
        "name": folder.parent.name,
        "version": int(folder.name),
        "override": override["reason"] if override else None,
        "files": {file: testimony.digest(data) for file, data in files.items() if file != SUMS},
        "sums": testimony.digest(files[SUMS]),
    }
    testimony.note(Ledger.open(places.ledger), testimony.PROMOTED, str(candidate.run["run_key"]), content)


def _check_witness(candidate: Candidate, places: Places, folder: Path, override: Mapping[str, Any] | None) -> None:
    """Raises DataError where the version is not what the ledger recorded. One of a format without records gets one."""
    ledger, key = Ledger.open(places.ledger), str(candidate.run["run_key"])
    files = read_verified(folder)
    known = testimony.versions_noted(ledger, key, folder.parent.name, int(folder.name))
    changed = testimony.closest(known, {file: testimony.digest(data) for file, data in files.items()})
    if changed:
        raise DataError(
            f"{folder / changed[0]}: not what the ledger recorded when it was promoted; restore the version"
        )
    if not known:
        _witness(candidate, places, folder, override, {**files, SUMS: (folder / SUMS).read_bytes()})


def _refit(candidate: Candidate, everything: Prepared) -> Deployed:
    return refit(candidate.experiment, candidate.prepared, candidate.executed, everything)


def _content(
    candidate: Candidate,
    opening: Opening,
    failed: tuple[str, ...],
    override: Mapping[str, Any] | None,
    quality: Sequence[Finding],
) -> dict[str, Any]:
    checks = candidate.experiment.gates.checks
    on_vault = {name for name, gate in checks.items() if "vault" in gate.needs()}
    return {
        "level": "rejected" if failed else opening.verdict.level,
        "passed": opening.verdict.passed and not failed,
        "failed": list(failed),
        "override": override,
        "ledger_head": opening.ledger_head,
        "vault": opening.vault,
        "metrics": opening.metrics,
        "verdict": opening.verdict.to_json(),
        "vault_gates": [gate for gate in opening.verdict.to_json()["gates"] if gate["name"] in on_vault],
        "quality": [asdict(finding) for finding in quality],
    }


def _override(wish: Wish, failed: tuple[str, ...], level: Level) -> dict[str, Any] | None:
    """None where nothing stood in the way: what passed needs no excuse, nor does what is no champion."""
    if wish.override is None or not (failed or (wish.alias == "champion" and level != "hallmarked")):
        return None
    return {"reason": wish.override, "failed": list(failed), "level": level, "at": _now()}


def refuse_hopeless(wish: Wish, verdict: Verdict) -> None:
    """Raises GateFailed for a champion that no vault could hallmark, before it is opened."""
    if verdict.provenance == "claimed" and wish.alias is not None:
        raise GateFailed(
            f"--as {wish.alias}: forecasts made elsewhere cannot be fitted again, so that there is no bundle"
        )
    if not verdict.compared.strict:
        because = "only what passed gates=strict is hallmarked, and only a hallmarked version becomes champion"
        refuse_champion(wish, "candidate", because)


def refuse_champion(wish: Wish, level: Level, because: str) -> None:
    """Raises GateFailed where a champion is asked for that is none by its level, and nobody says why."""
    if wish.alias == "champion" and level != "hallmarked" and wish.override is None:
        raise GateFailed(
            f'--as champion: {because}; leave --as out, or give a reason: --as champion --override "REASON"'
        )


def _point(
    places: Places, folder: Path, wish: Wish, override: Mapping[str, Any] | None, level: Level
) -> tuple[Alias, ...]:
    """Points the wished alias at a version, without a wish only at one that never had any; gives what points at it."""
    root, name, version = places.registry, folder.parent.name, int(folder.name)
    witness = MoveWitness(Ledger.open(places.ledger), root, name)
    moves = aliases.settled(root, name, witness)
    if wish.alias is not None or all(move.version != version for move in moves):
        alias = _alias(wish, level, override is not None, "champion" in aliases.state_of(moves))
        reason = override["reason"] if override else None
        aliases.move(root, name, alias, version, why="promote", override=reason, witness=witness)
    now = aliases.current(root, name)
    for lower in aliases.ALIASES[1:]:
        if now.get("champion") == now.get(lower) == version:
            aliases.move(root, name, lower, None, why="promote", witness=witness)
            now = aliases.current(root, name)
    return tuple(alias for alias in aliases.ALIASES if now.get(alias) == version)


def _alias(wish: Wish, level: Level, overruled: bool, taken: bool) -> Alias:
    """What a version becomes. Only what is hallmarked takes charge by itself, or where somebody says why; what was
    overruled takes charge only where somebody says so."""
    if wish.alias == "champion" and level != "hallmarked" and not overruled:
        return "candidate"  # its vault turned out to have been seen
    if wish.alias is not None:
        return wish.alias
    if level == "hallmarked":
        return "challenger" if taken or overruled else "champion"
    return "challenger" if level == "rejected" else "candidate"


def _failed(verdict: Verdict) -> tuple[str, ...]:
    if verdict.passed:
        return ()
    return tuple(gate.name for gate in verdict.failed(required=True)) or (NOTHING_APPLIED,)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
