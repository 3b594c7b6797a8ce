"""What a vault says of a run: opened once, whoever asks how often, and witnessed by the ledger."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.errors import DataError
from components.values import Evidence
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache
from runner.judging.evidence import with_metrics
from runner.judging.kept import vault_kept
from runner.judging.verdict import Verdict, judge_vault
from runner.promotion.evidence import evidence_npz
from runner.promotion.vault import Looked, identity_of, look, of_market, span_of
from runner.recording import testimony
from runner.recording.ledger import Family, Ledger
from runner.recording.seen import VaultOpening
from runner.recording.witnesses import noted_heads
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.storage.canonical import finite_or_null
from runner.storage.disk import write_atomically, writing
from runner.storage.formats import json_bytes

OPENINGS = ".openings"
"""Folder of the registry with what a vault said of a run, whatever name that is promoted under."""


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


@contextmanager
def alone(registry: Path, key: str) -> Iterator[None]:
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """What is known once the vault was opened, or is known not to exist. arrays: see `evidence_npz`."""

    ledger_head: str
    vault: Mapping[str, Any] | None
    metrics: Mapping[str, float | None]
    verdict: Verdict
    arrays: bytes


def opening_of(
    candidate: Candidate,
    everything: Callable[[], Prepared],
    cache: Cache,
    places: Places,
    key: str,
    after: Callable[[str], None],
) -> Opening:
    """The vault's verdict on this run: from the file that an earlier promotion of it left, else by opening it."""
    place, ledger = places.registry / OPENINGS / key, Ledger.open(places.ledger)
    if (known := _held(place, ledger, key)) is not None:
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
    files = {"evidence.npz": opening.arrays, "opening.json": json_bytes(content)}
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
) -> Opening:
    """Writes the opening into the ledger, and only then computes a figure of the vault."""
    experiment, evidence = candidate.experiment, candidate.evidence
    before = Verdict.from_json(candidate.gates)
    vault = identity_of(experiment, candidate.prepared.labels.longest_bars)
    if vault is None:
        return Opening(
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
    return Opening(
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


def _held(place: Path, ledger: Ledger, key: str) -> Opening | None:
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
    return Opening(
        ledger_head=content["ledger_head"],
        vault=content["vault"],
        metrics=content["metrics"],
        verdict=Verdict.from_json(content["verdict"]),
        arrays=(place / "evidence.npz").read_bytes(),
    )
