"""The verbs `promote`, `rollback`, `compare` and `verify`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import ConfigError, DataError, GateFailed
from runner.bundle import aliases
from runner.bundle.registry import find, names, versions

if TYPE_CHECKING:
    from runner.compute.pipeline import Cache, Prepared
    from runner.console import Console
    from runner.promotion.promote import Promotion, Wish
    from runner.specification.experiment import Experiment

OUTPUTS = Path("outputs")
REGISTRY = OUTPUTS / "registry"
PROMOTE = """\
Promotes a finished run to a version in outputs/registry. It certifies that the exported models forecast
what the run forecast; opens the run's vault (split.vault_start), which the ledger records first; judges
the gates that waited for it; fits the recipe again on everything the source has; and points an alias at
the version: champion where there is none yet and no gate was overruled, else challenger.
The same run is the same version, however often it is promoted. Bars of a vault that were opened before,
whatever the run, are reused: gates on them are only advice, and the bundle says so for ever."""
PROMOTE_CODES = (
    "Exit codes: 0 promoted; 3 the run cannot be promoted; 4 a required gate failed, nothing was registered."
)


def promote_run(arguments: Sequence[str]) -> int:
    """Computes the run again, through the cache, and promotes it; 4 where gates refuse it."""
    parser = _parser("promote", PROMOTE, PROMOTE_CODES)
    parser.add_argument("run", help="run folder or run id; 'latest' is the last run")
    parser.add_argument("--as", dest="alias", choices=aliases.ALIASES, help="what the version becomes")
    parser.add_argument(
        "--override",
        metavar="REASON",
        help="promote although gates failed; the reason and their names stay in the bundle and the registry",
    )
    parser.add_argument("--name", help="of the bundle; default: export.name of the run")
    parser.add_argument("--json", action="store_true", help="print promotion.json; the stages go to stderr")
    asked = parser.parse_args(arguments)
    if asked.override is not None and not asked.override.strip():
        raise ConfigError("--override: give the reason; it is kept in the bundle for ever")
    from runner.console import Console
    from runner.promotion.promote import Wish
    from runner.promotion.words import say
    from runner.recording.run_folder import find_run

    console = Console(sys.stderr if asked.json else None)
    wish = Wish(name=asked.name, alias=asked.alias, override=asked.override)
    promotion = promote_folder(find_run(asked.run), wish, console)
    if asked.json:
        print(json.dumps(promotion.to_json(), indent=1))
    else:
        say(console, promotion)
    return 0 if promotion.folder else GateFailed.exit_code


def _refuse(folder: Path, manifest: Mapping[str, Any]) -> None:
    if manifest["state"] != "finished":
        raise DataError(f"{folder}: the run is {manifest['state']}; only a finished run can be promoted")
    if not (manifest["trial"] or {}).get("counted"):
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
    folder: Path, wish: "Wish", console: "Console", *, after: Callable[[str], None] = lambda _: None
) -> "Promotion":
    """The run of a folder once more, from the cache where nothing changed, then its promotion.

    Its gates judge it again: what was tried on the data since it ran counts as well, or the first of a sweep would
    always be promoted as if it had been the only one.
    after: see `runner.promotion.promote.promote`. Raises DataError where the run cannot be promoted, GateFailed
    where its own gates rejected it and nobody overrules them.
    """
    from components.expressions import to_text
    from runner.compute import pipeline
    from runner.compute.identity import family_of
    from runner.judging.evidence import complete, gather
    from runner.judging.tries import family_trials
    from runner.judging.verdict import judge
    from runner.promotion.promote import Candidate, promote
    from runner.recording.ledger import Ledger
    from runner.report import write_report
    from runner.run import pictures_of
    from runner.specification.tracker import RunInfo
    from runner.storage.disk import write_atomically
    from runner.tracking import tracked
    from runner.tracking.deliver import deliver

    manifest, gates = (json.loads((folder / f"{name}.json").read_text()) for name in ("manifest", "gates"))
    _refuse(folder, manifest)
    _check_gates(folder, gates, wish)
    cache = pipeline.open_cache(OUTPUTS, console)
    experiment, config, prepared = _prepared(folder, manifest, cache)
    executed = pipeline.execute(experiment, config, prepared, cache)
    evidence = gather(experiment, prepared, executed)
    ledger, family = Ledger.open(), family_of(experiment, prepared.panel)
    key = manifest["trial"]["key"]
    trials = family_trials(ledger, family, key, to_text(prepared.label), OUTPUTS, evidence)
    evidence = complete(evidence, experiment, config, prepared, executed, cache, trials)
    gates = judge(experiment.gates, evidence).to_json()
    _check_gates(folder, gates, wish, now=f" by now, after {trials.count:,} tries on this data,")
    candidate = Candidate(
        experiment=experiment,
        config=config,
        prepared=prepared,
        executed=executed,
        evidence=evidence,
        gates=gates,
        run=manifest,
    )
    name = f"{manifest['run_id']}-promotion"
    info = RunInfo(name=name, experiment=experiment.name, config=config, folder=folder, outputs=OUTPUTS)
    with tracked(experiment.tracking, info) as session:
        promotion = promote(candidate, wish, cache, after=after)
        content = json.dumps(promotion.to_json(), indent=1).encode() + b"\n"
        write_atomically(folder / "promotion.json", content)
        write_report(folder, pictures_of(folder, manifest["run_key"], cache))
        if promotion.folder:
            session.log_bundle(promotion.folder, promotion.aliases)
    deliver(OUTPUTS)
    return promotion


def _prepared(
    folder: Path, manifest: Mapping[str, Any], cache: "Cache"
) -> "tuple[Experiment, dict[str, Any], Prepared]":
    """Raises DataError where the run's key has changed since."""
    import yaml

    from runner.composition.build import build
    from runner.compute import pipeline
    from runner.compute.identity import run_key
    from runner.specification.experiment import Experiment

    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    experiment = build(Experiment, config)
    prepared = pipeline.prepare(experiment, cache)
    if run_key(config, prepared.design_key) != manifest["run_key"]:
        raise DataError(
            f"{folder}: code or data have changed since the run, so that it cannot be repeated; "
            "run the experiment again and promote that run"
        )
    return experiment, config, prepared


def roll_back(arguments: Sequence[str]) -> int:
    """Makes the previous champion champion again."""
    parser = _parser(
        "rollback",
        "The version that was champion before becomes champion again; the move is recorded. Once more goes back "
        "further. Versions stay as they are.",
    )
    parser.add_argument("name", help="of the bundle")
    parser.add_argument("--registry", type=Path, metavar="FOLDER", default=REGISTRY, help=f"default: {REGISTRY}")
    asked = parser.parse_args(arguments)
    find(asked.name, asked.registry)
    moves = aliases.history(asked.registry, asked.name)
    before, now = aliases.previous_champion(moves), aliases.state_of(moves).get("champion")
    if before is None:
        raise DataError(f"{asked.name}: no version was champion before; nothing to roll back to")
    aliases.move(asked.registry, asked.name, "champion", before, why="rollback")
    print(f"champion of {asked.name}: {before}, no longer {now}")
    return 0


def compare_versions(arguments: Sequence[str]) -> int:
    """Two versions side by side."""
    parser = _parser(
        "compare",
        "Two versions side by side: which gates differ, their figures, and, on the rows and bars that both have, "
        "whether one forecasts or earns more than luck explains (Diebold-Mariano; Ledoit-Wolf).",
    )
    for place in ("first", "second"):
        parser.add_argument(place, metavar="NAME[@VERSION]", help="a version, an alias, or the folder of a bundle")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--registry", type=Path, metavar="FOLDER", default=REGISTRY, help=f"default: {REGISTRY}")
    asked = parser.parse_args(arguments)
    from runner.promotion.compare import compare, show

    found = compare(find(asked.first, asked.registry), find(asked.second, asked.registry))
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        from runner.console import Console

        show(Console(), found)
    return 0


def verify_registry(arguments: Sequence[str]) -> int:
    """1 where anything in the registry is not what it was."""
    parser = _parser(
        "verify",
        "Checks of every version, or of one: the checksum of each file, that recipe and graph open, that its "
        "certificate found no difference, the chain of moves of the aliases, and that the ledger is whole and knows "
        "the heads that were noted.",
        "Exit codes: 0 all is what it was; 1 something is not, one line each.",
    )
    parser.add_argument("reference", nargs="?", metavar="NAME[@VERSION]", help="default: everything")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--registry", type=Path, metavar="FOLDER", default=REGISTRY, help=f"default: {REGISTRY}")
    asked = parser.parse_args(arguments)
    from runner.promotion.verify import verify

    name = (asked.reference or "").partition("@")[0]
    chosen = [name] if name else names(asked.registry)
    only = find(asked.reference, asked.registry) if asked.reference else None
    one = only.name if only and "@" in asked.reference else None
    found = [
        verify(asked.registry, each, [v for v in versions(asked.registry, each) if one in (None, str(v))])
        for each in chosen
    ]
    problems = [line for entry in found for line in entry["problems"]]
    if asked.json:
        print(json.dumps({"bundles": found, "problems": problems}, indent=1))
        return 1 if problems else 0
    from runner.console import Console
    from runner.promotion.verify import show

    show(Console(), found)
    return 1 if problems else 0


def list_bundles() -> int:
    """Every version in the registry, with its aliases; what was overruled is in red."""
    from runner.console import Console
    from runner.promotion.verify import show_versions

    show_versions(Console(), REGISTRY)
    return 0


def _parser(verb: str, description: str, epilog: str | None = None) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"python -m runner {verb}", description=description, epilog=epilog, allow_abbrev=False
    )
