"""promote RUN [--as champion] [--override "REASON"]: promote a run that passed its gates; opens its vault

Makes a finished run a version in outputs/registry. It certifies that the exported models forecast
what the run forecast; opens the run's vault (split.vault_start), which the ledger records first; judges
the gates that waited for it; fits the recipe again on everything the source has; and points an alias at
the version, by its level: candidate; of what is hallmarked (passed all that gates=strict asks for, on a vault that
nobody had seen) champion where there is none yet, else challenger. A portfolio that failed hands out no weights.
The same run is the same version, however often it is promoted. Bars of a vault that were opened before,
whatever the run, are reused: gates on them are only advice, and the bundle says so for ever.

Exit codes: 0 promoted; 3 the run cannot be promoted; 4 rejected, or no champion by its level: nothing was
registered."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from components.errors import ConfigError
from runner import exit_codes
from runner.answer import Answer
from runner.bundle.aliases import ALIASES

ANSWER = {
    "state": "text: promoted, already promoted or refused",
    "bundle": "text or null: folder of the version",
    "aliases": "list: that point at it now",
}
"""Beside these, what promotion.json of the bundle says; with --baseline the fields of a run."""

if TYPE_CHECKING:
    from runner.console import Console


def add_arguments(parser: ArgumentParser) -> None:
    """Which run, as what."""
    parser.add_argument("run", help="run folder or run id; 'latest' is the last run")
    parser.add_argument("--as", dest="alias", choices=ALIASES, help="what the version becomes")
    parser.add_argument(
        "--override",
        metavar="REASON",
        help="promote although gates failed; the reason and their names stay in the bundle and the registry",
    )
    parser.add_argument(
        "--baseline", metavar="NAME", help="instead, run its baseline NAME as the model, and promote that if it passes"
    )
    parser.add_argument("--name", help="of the bundle; default: export.name of the run")


def run(options: Namespace) -> Answer:
    """Computes the run again, through the cache, and promotes it; REJECTED where gates refuse it."""
    if options.override is not None and not options.override.strip():
        raise ConfigError("--override: give the reason; it is kept in the bundle for ever")
    from runner.console import Console
    from runner.recording.actors import forbid

    forbid("may not open a vault, promote or override")
    from runner.promotion.again import promote_folder
    from runner.promotion.promote import Wish
    from runner.promotion.words import say
    from runner.recording.run_folder import find_run
    from runner.specification.places import HERE
    from runner.tracking.deliver import deliver
    from runner.whole import judge_wholly

    console = Console(verbose=options.verbose)
    if options.baseline:
        return _baseline(options, console)
    wish = Wish(name=options.name, alias=options.alias, override=options.override)
    folder = find_run(options.run, HERE.outputs)
    try:
        judge_wholly(folder, console, HERE)
        promotion = promote_folder(folder, wish, console, HERE)
    finally:
        deliver(HERE.outputs)
    code = exit_codes.REJECTED if promotion.state == "refused" else exit_codes.RAN
    following = (f"verify {promotion.folder.parent.name}",) if promotion.folder else ()
    return Answer(promotion.to_json(), lambda: say(Console(), promotion), code, following)


def _baseline(options: Namespace, console: "Console") -> Answer:
    """Runs the baseline as the model; it promotes itself if it passes."""
    if options.alias or options.override or options.name:
        raise ConfigError("--baseline: is a run of its own; promote that one with --as, --override or --name")
    from runner.console import Console
    from runner.recording.run_folder import find_run
    from runner.report.told import told
    from runner.rival import rival_of
    from runner.run import run_experiment
    from runner.specification.places import HERE
    from runner.tracking.deliver import deliver

    experiment, composed = rival_of(find_run(options.run, HERE.outputs), options.baseline)
    try:
        outcome = run_experiment(experiment, composed, console, HERE)
    finally:
        deliver(HERE.outputs, experiment.tracking)
    passed = outcome.verdict is not None and outcome.verdict.passed
    code = outcome.exit_code or (exit_codes.RAN if passed else exit_codes.REJECTED)
    return Answer(told(outcome.folder), lambda: outcome.show(Console()), code)
