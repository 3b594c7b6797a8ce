"""One promotion, step by step: whenever it is cut off, the previous champion stays in charge, and promoting the
same run again finishes what was begun."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from components.errors import DataError, GateFailed
from components.values import Evidence
from runner.bundle import aliases
from runner.bundle.aliases import Alias
from runner.bundle.layout import PROMOTION, read_verified
from runner.bundle.registry import check_name, register, version_of
from runner.bundle.writer import write_bundle
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache
from runner.judging.evidence import with_metrics
from runner.judging.kept import vault_kept
from runner.judging.verdict import GateOutcome, Level, Verdict, judge_vault
from runner.promotion.deploy import Deployed, certify_folds, refit
from runner.promotion.every_row import leaks_of_every_row
from runner.promotion.evidence import evidence_npz
from runner.promotion.moves import sums_of, witness_move
from runner.promotion.vault import (
    Looked,
    identity_of,
    look,
    of_market,
    prepare_all,
    refuse_other_ledger,
    span_of,
)
from runner.recording import testimony
from runner.recording.actors import forbid
from runner.recording.ledger import Family, Ledger
from runner.recording.seen import VaultOpening
from runner.recording.witnesses import noted_heads
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.storage.canonical import finite_or_null
from runner.storage.disk import write_atomically, writing

OPENINGS = ".openings"
"""Folder of the registry with what a vault said of a run, whatever name that is promoted under."""
NOTHING_APPLIED = "no required gate could be applied"
STEPS = ("certified", "opened", "looked", "judged", "refitted", "written", "witnessed", "pointed")
"""Names of the steps, in order; `after` is told each when it is done."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A finished run with everything in hand. gates: content of gates.json; run: of manifest.json."""

    experiment: Experiment
    config: Mapping[str, Any]
    prepared: Prepared
    executed: Executed
    evidence: Evidence
    gates: Mapping[str, Any]
    run: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """name: of the bundle, None: export.name; alias: what it becomes, None: what its level allows, see `_alias`;
    override: the reason why failed gates, or a level, shall not count."""

    name: str | None = None
    alias: Alias | None = None
    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What came of a promotion. folder: the version, None where gates refused it; aliases: that point at it now;
    content: what the bundle's promotion.json says, or would say."""

    state: Literal["promoted", "already promoted", "refused"]
    folder: Path | None
    aliases: tuple[Alias, ...]
    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        folder = str(self.folder) if self.folder else None
        return {"state": self.state, "bundle": folder, "aliases": list(self.aliases), **self.content}


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
    with _alone(registry, key):
        held = version_of(registry, name, key)
        if held is not None:
            return _held(candidate, wish, places, registry / name / str(held), after)
        return _anew(candidate, wish, cache, places, name, key, after)


@contextmanager
def _alone(registry: Path, key: str) -> Iterator[None]:
    """One process at a time promotes a run; one that was killed holds nobody up."""
    from filelock import FileLock

    place = registry / OPENINGS
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place / f".{key}.lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _held(candidate: Candidate, wish: Wish, places: Places, folder: Path, after: Callable[[str], None]) -> Promotion:
    """A run that is a version already: what was cut off after that was written is done, and its alias is moved."""
    content = json.loads(read_verified(folder).get(PROMOTION, b"{}"))
    level = content.get("level", "candidate")
    refuse_champion(wish, level, "only a hallmarked version becomes champion")
    _witness(candidate, places, folder, content.get("override"))
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
    # No vault is opened for what could not be exported faithfully.
    parity = cache.run(
        "parity", lambda: certify_folds(candidate.experiment, candidate.prepared, candidate.executed, cache)
    )
    after("certified")
    leaky = leaks_of_every_row(
        candidate.experiment, candidate.prepared, candidate.executed, candidate.evidence.leaks, cache
    )
    if leaky is not None and wish.override is None:
        return Promotion(state="refused", folder=None, aliases=(), content=_refused(candidate, leaky, places))
    # Called not before the ledger knows of the opening.
    everything = functools.cache(lambda: prepare_all(candidate.experiment, cache))
    opening = _opening(candidate, everything, cache, places, key, after)
    failed = tuple(dict.fromkeys((*_failed(opening.verdict), *([leaky.name] if leaky else []))))
    level = "rejected" if leaky else opening.verdict.level
    content = _content(candidate, opening, failed, _override(wish, failed, level))
    if failed and content["override"] is None:
        return Promotion(state="refused", folder=None, aliases=(), content=content)
    deployed = cache.run("refit", lambda: _refit(candidate, everything()))
    bundle = deployed.bundle
    if not opening.verdict.hands_out_weights:
        bundle = replace(bundle, recipe=bundle.recipe.without_weights())
    after("refitted")
    content = {**content, "deployed": deployed.facts, "promoted_at": _now()}

    def write(folder: Path, version: int) -> None:
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
        )

    folder = register(places.registry, name, key, write)
    after("written")
    _witness(candidate, places, folder, content["override"])
    after("witnessed")
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


def _witness(candidate: Candidate, places: Places, folder: Path, override: Mapping[str, Any] | None) -> None:
    """Notes every byte of the version in the ledger, once. Raises DataError where other bytes were noted before."""
    ledger, key = Ledger.open(places.ledger), str(candidate.run["run_key"])
    name, version = folder.parent.name, int(folder.name)
    files = {file: testimony.digest(data) for file, data in read_verified(folder).items()}
    known = testimony.version_noted(ledger, key, name, version)
    if known is None:
        content = {
            "run_id": candidate.run["run_id"],
            "name": name,
            "version": version,
            "override": override["reason"] if override else None,
            "files": files,
            "sums": sums_of(folder),
        }
        testimony.note(ledger, testimony.PROMOTED, key, content)
    elif changed := testimony.differing(known["files"], files):
        raise DataError(
            f"{folder / changed[0]}: not what the ledger recorded when it was promoted; restore the version"
        )


def _refit(candidate: Candidate, everything: Prepared) -> Deployed:
    return refit(candidate.experiment, candidate.prepared, candidate.executed, everything)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Opening:
    """What is known once the vault was opened, or is known not to exist. arrays: see `evidence_npz`."""

    ledger_head: str
    vault: Mapping[str, Any] | None
    metrics: Mapping[str, float | None]
    verdict: Verdict
    arrays: bytes


def _opening(
    candidate: Candidate,
    everything: Callable[[], Prepared],
    cache: Cache,
    places: Places,
    key: str,
    after: Callable[[str], None],
) -> _Opening:
    """The vault's verdict on this run: from the file that an earlier promotion of it left, else by opening it."""
    place, ledger = places.registry / OPENINGS / key, Ledger.open(places.ledger)
    if (known := _kept(place, ledger, key)) is not None:
        return known
    whole = not ledger.verify(noted_heads(places.outputs))
    opening = cache.run("vault", lambda: _open(candidate, everything, cache, ledger, after, whole_record=whole))
    content = {
        "run_id": candidate.run["run_id"],
        "ledger_head": opening.ledger_head,
        "vault": opening.vault,
        "metrics": opening.metrics,
        "verdict": opening.verdict.to_json(),
    }
    files = {"evidence.npz": opening.arrays, "opening.json": _json(content)}
    for name, data in files.items():
        write_atomically(place / name, data)
    witnessed = {"run_id": candidate.run["run_id"], "files": {n: testimony.digest(d) for n, d in files.items()}}
    testimony.note(ledger, testimony.JUDGED, key, witnessed)
    after("judged")
    return opening


def _open(
    candidate: Candidate,
    everything: Callable[[], Prepared],
    cache: Cache,
    ledger: Ledger,
    after: Callable[[str], None],
    *,
    whole_record: bool,
) -> _Opening:
    """Writes the opening into the ledger, and only then computes a figure of the vault."""
    experiment, evidence = candidate.experiment, candidate.evidence
    before = Verdict.from_json(candidate.gates)
    vault = identity_of(experiment, candidate.prepared.labels.longest_bars)
    if vault is None:
        return _Opening(
            ledger_head=ledger.head(),
            vault=None,
            metrics=finite_or_null(evidence.metrics),
            verdict=judge_vault(experiment.gates, evidence, before),
            arrays=evidence_npz(evidence, candidate.prepared.panel.symbols, None, ()),
        )
    trial = (candidate.run["trial"] or {}).get("key")
    body = {"run_id": candidate.run["run_id"], "experiment": experiment.name, "trial": trial}
    begins = candidate.prepared.vault_begins
    assert begins is not None, "there is a vault"
    market = of_market(vault, experiment, candidate.prepared, cache)
    opened = ledger.open_vault(market, str(candidate.run["run_key"]), body, span_of(vault, begins))
    after("opened")
    kept = vault_kept(experiment, ledger, market, begins)
    whole = everything()
    reused = opened.reused or not whole_record
    looked = look(experiment, candidate.prepared, whole, cache, reused=reused)
    after("looked")
    found = replace(with_metrics(evidence, looked.metrics), vault=looked.vault)
    verdict = judge_vault(experiment.gates, found, before)
    return _Opening(
        ledger_head=opened.head,
        vault=_facts(vault, looked, opened) | {"reused": reused, "whole_record": whole_record, "kept": kept},
        metrics=finite_or_null(found.metrics),
        verdict=verdict,
        arrays=evidence_npz(evidence, candidate.prepared.panel.symbols, looked, whole.panel.symbols),
    )


def _facts(vault: Family, looked: Looked, opened: VaultOpening) -> dict[str, Any]:
    return {
        "first": vault.first.isoformat(),
        "last": vault.last.isoformat(),
        "n_symbols": len(vault.symbols),
        "earlier": list(opened.earlier),
        "seen": [sighting.content() for sighting in opened.seen],
        "n_train": looked.n_train,
        "n_valid": looked.n_valid,
        "metrics": finite_or_null(looked.metrics),
    }


def _kept(place: Path, ledger: Ledger, key: str) -> _Opening | None:
    """What an earlier promotion of the run left; None where none came so far that the ledger knows of it, or where it
    was removed. Raises DataError where it was changed since."""
    events = testimony.noted(ledger, testimony.JUDGED, key)
    known = events[-1].content["files"] if events else {}
    found = testimony.digests(place, known)
    for name in found:
        if found[name] != known[name]:
            raise DataError(
                f"{place / name}: changed since the vault was opened: the ledger recorded other bytes; restore the "
                "file, or remove it: the same vault is then read again, and that is no further opening"
            )
    if not known or len(found) < len(known):
        return None
    content = json.loads((place / "opening.json").read_bytes())
    return _Opening(
        ledger_head=content["ledger_head"],
        vault=content["vault"],
        metrics=content["metrics"],
        verdict=Verdict.from_json(content["verdict"]),
        arrays=(place / "evidence.npz").read_bytes(),
    )


def _content(
    candidate: Candidate, opening: _Opening, failed: tuple[str, ...], override: Mapping[str, Any] | None
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
    }


def _override(wish: Wish, failed: tuple[str, ...], level: Level) -> dict[str, Any] | None:
    """None where nothing stood in the way: what passed needs no excuse, nor does what is no champion."""
    if wish.override is None or not (failed or (wish.alias == "champion" and level != "hallmarked")):
        return None
    return {"reason": wish.override, "failed": list(failed), "level": level, "at": _now()}


def refuse_hopeless(wish: Wish, verdict: Verdict) -> None:
    """Raises GateFailed for a champion that no vault could hallmark, before it is opened."""
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
    witness = partial(witness_move, Ledger.open(places.ledger), root, name)
    moves = aliases.history(root, name)
    if moves and moves[-1].version == version:
        witness(moves[-1])  # it may have been cut off before this
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


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
