"""Promotion: what passed its gates becomes an inference bundle in the registry."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.errors import DataError
from runner import pipeline
from runner.bundle.assemble import assemble
from runner.bundle.certificate import certify, refuse_differing
from runner.bundle.registry import register
from runner.bundle.writer import write_bundle
from runner.experiment import Experiment
from runner.identity import run_key
from runner.pipeline import Executed, Prepared

REGISTRY = Path("outputs/registry")


def write_promoted(
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    executed: Executed,
    *,
    gates: Mapping[str, Any],
    run: Mapping[str, Any],
) -> Path:
    """The folder of the bundle with the last fold's model; the one that this run key has already, if any.

    gates: content of gates.json; run: content of manifest.json. Raises ContractError if the bundle's
    forecasts or orders differ from the run's.
    """

    def write(folder: Path, version: int) -> None:
        bundle = assemble(
            experiment,
            config,
            prepared,
            model_files=executed.forecasts.models[-1],
            learnt=executed.forecasts.preprocessors[-1],
        )
        certification = certify(experiment, config, prepared, executed)
        refuse_differing(certification)
        parity = certification.parity
        write_bundle(folder, bundle, name=name, version=version, config=config, run=run, gates=gates, parity=parity)

    name = experiment.export.name
    return register(REGISTRY, name, str(run["run_key"]), write)


def main(arguments: Sequence[str]) -> int:
    """The verb `promote`: computes the run again, through the cache, and writes its bundle."""
    parser = argparse.ArgumentParser(
        prog="python -m runner promote",
        description="Promote a run that passed its gates to an inference bundle in outputs/registry.",
    )
    parser.add_argument("run", help="run folder or run id; 'latest' is the last run")
    asked = parser.parse_args(arguments)
    from runner.console import Console
    from runner.report.run_folder import find_run

    folder = find_run(asked.run)
    manifest, gates = (json.loads((folder / f"{name}.json").read_text()) for name in ("manifest", "gates"))
    _refuse(folder, manifest, gates)
    bundle = _again(folder, manifest, gates, Console())
    print(f"promoted: {bundle}")
    return 0


def _refuse(folder: Path, manifest: Mapping[str, Any], gates: Mapping[str, Any]) -> None:
    if manifest["state"] != "finished":
        raise DataError(f"{folder}: the run is {manifest['state']}; only a finished run can be promoted")
    if not (manifest["trial"] or {}).get("counted"):
        raise DataError(f"{folder}: a debug run can never be promoted; run it without debug=")
    if not gates["passed"]:
        failed = [g["name"] for g in gates["gates"] if g["required"] and g["status"] == "failed"]
        raise DataError(
            f"{folder}: rejected by {', '.join(failed) or 'its gates'}; only a run that passed can be promoted"
        )


def _again(folder: Path, manifest: Mapping[str, Any], gates: Mapping[str, Any], console: Any) -> Path:
    import yaml

    from runner.composition.build import build

    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    experiment = build(Experiment, config)
    cache = pipeline.open_cache(Path("outputs"), console)
    prepared = pipeline.prepare(experiment, cache)
    if run_key(config, prepared.design_key) != manifest["run_key"]:
        raise DataError(
            f"{folder}: code or data have changed since the run, so that it cannot be repeated; "
            "run the experiment again and promote that run"
        )
    executed = pipeline.execute(experiment, config, prepared, cache)
    return write_promoted(experiment, config, prepared, executed, gates=gates, run=manifest)
