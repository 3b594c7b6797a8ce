"""A finished run once more, from its folder: computed again, judged again, promoted."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import DataError, GateFailed
from runner.specification.places import Places

if TYPE_CHECKING:
    from runner.compute.pipeline import Executed, Prepared
    from runner.compute.stage import Cache
    from runner.console import Console
    from runner.judging.evidence import Gathered
    from runner.promotion.promote import Promotion, Wish
    from runner.specification.experiment import Experiment


def _refuse(folder: Path, manifest: Mapping[str, Any]) -> None:
    broken = [line for line in manifest.get("broken", ()) if not line.startswith("promotion:")]
    if (
        manifest["state"] not in ("finished", "failed")
        or broken
        or (manifest["state"] == "failed") != bool(manifest.get("broken"))
    ):
        raise DataError(f"{folder}: the run is {manifest['state']}; only a finished run can be promoted")
    if not (manifest["trial"] or {}).get("counted") or manifest.get("debug"):
        raise DataError(f"{folder}: a debug run can never be promoted; run it without debug=")


def _check_gates(folder: Path, gates: Mapping[str, Any], wish: "Wish", *, now: str = "") -> None:
    """A run that its own gates reject never gets to see the vault, unless they are overruled."""
    if gates["passed"] or wish.override is not None:
        return
    failed = [g["name"] for g in gates["gates"] if g["required"] and g["status"] == "failed"]
    raise GateFailed(
        f"{folder}: rejected{now} by {', '.join(failed) or 'its gates'}; only a run that passed can be promoted, "
        'or one with --override "REASON"'
    )


def promote_folder(
    folder: Path, wish: "Wish", console: "Console", places: Places, *, after: Callable[[str], None] = lambda _: None
) -> "Promotion":
    """The run of a folder once more, from the cache where nothing changed, then its promotion.

    Its gates judge it again: what was tried on the data since it ran counts as well, or the first of a sweep would
    always be promoted as if it had been the only one. A run that failed in its promotion alone is finished after this.
    after: see `runner.promotion.promote.promote`. Raises DataError where the run cannot be promoted, GateFailed
    where its own gates rejected it and nobody overrules them.
    """
    from runner.compute import pipeline
    from runner.judging.judge import conclude
    from runner.judging.nulls import null_rank
    from runner.judging.tries import family_of, family_trials
    from runner.judging.verdict import Verdict
    from runner.promotion.opening import Candidate
    from runner.promotion.promote import promote, refuse_hopeless
    from runner.recording.events import Events
    from runner.recording.ledger import Ledger
    from runner.recording.records import RunRecord
    from runner.recording.sealed import refuse_changed, seal
    from runner.report.page import write_report
    from runner.report.written import pictures_of
    from runner.storage.disk import write_atomically

    ledger = Ledger.open(places.ledger)
    refuse_changed(folder, ledger)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    _refuse(folder, manifest)
    gates = json.loads((folder / "gates.json").read_text(encoding="utf-8"))
    _check_gates(folder, gates, wish)
    refuse_hopeless(wish, Verdict.from_json(gates))
    cache = pipeline.open_cache(places, console)
    experiment, config, prepared, executed, gathered = computed(folder, manifest, cache)
    family, key = family_of(experiment, prepared.panel, cache), manifest["trial"]["key"]
    target = manifest["target"]["expression"]
    trials = family_trials(ledger, family, key, target, places.outputs, gathered.evidence, cache)
    judged = conclude(experiment, prepared, executed, gathered, trials, cache, null_rank(folder))
    gates = judged.verdict.to_json()
    if judged.state != manifest.get("judged", {}).get("family_state"):
        _write_beside(folder, manifest, gates, judged.state)
    _check_gates(folder, gates, wish, now=f" by now, after {trials.value.count:,} tries on this data,")
    candidate = Candidate(
        experiment=experiment,
        config=config,
        prepared=prepared,
        executed=executed,
        evidence=judged.evidence.value,
        gates=gates,
        run=manifest,
    )
    promotion = promote(candidate, wish, cache, places, after=after)
    content = json.dumps(promotion.to_json(), indent=1).encode() + b"\n"
    write_atomically(folder / "promotion.json", content)
    record = RunRecord(places.outputs, folder, manifest)
    if manifest["state"] == "failed":  # by its promotion alone, see _refuse
        record.mended()
    if promotion.folder:
        record.note({"bundle": str(promotion.folder)})
    write_report(folder, pictures_of(folder, manifest["run_key"], cache)[0])
    Events(folder).tell("promoted", **promotion.told())
    seal(folder, manifest["run_key"], ledger)
    return promotion


def _write_beside(folder: Path, manifest: Mapping[str, Any], gates: Mapping[str, Any], state: str) -> None:
    """A later state of the family of trials gives a new verdict beside the old one."""
    from runner.storage.disk import write_atomically

    content = {"run_key": manifest["run_key"], "family_state": state, **gates}
    write_atomically(folder / f"gates-{state[:12]}.json", json.dumps(content, indent=1).encode() + b"\n")


def computed(
    folder: Path, manifest: Mapping[str, Any], cache: "Cache"
) -> "tuple[Experiment, dict[str, Any], Prepared, Executed, Gathered]":
    """The run's stages again. Raises DataError where its key has changed since."""
    import yaml

    from runner.composition.build import build
    from runner.compute import pipeline
    from runner.judging.evidence import gather
    from runner.judging.judge import run_key
    from runner.specification.experiment import Experiment

    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    experiment = build(Experiment, config)
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    gathered = gather(experiment, prepared, executed, cache)
    if run_key(experiment, gathered, cache) != manifest["run_key"]:
        raise DataError(
            f"{folder}: code or data have changed since the run, so that it cannot be repeated; "
            "run the experiment again and promote that run"
        )
    return experiment, config, prepared, executed, gathered
