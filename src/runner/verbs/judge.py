"""judge FORECASTS --bars FILES [SETTING=VALUE]: judge forecasts that were made elsewhere, as any run is judged

FORECASTS is a table of symbol, made_at, horizon (bars ahead) and mean, quantiles (q10, q50, q90) or the probability of
a rise (up). A forecast is for the first bar of its symbol that is decided on when it was made or later, or for the one
that a column decided_at names; one made after its decision is refused. Folds, baselines, costs, gates, ledger, vault
and report are those of every run; SETTING=VALUE is any choice or setting of an experiment, as in gates=strict
target.horizon_bars=5 split.vault_start=2023-01-01. A mean is taken for the return from the close of its decision to
that of the bar at its horizon, unless target= says otherwise. Nothing is fitted: the verdict says that its forecasts
are claimed, and no bundle can be made of them."""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer
from runner.report.told import RUN, told

ANSWER = {
    **RUN,
    "remarks": "list: what was taken for what in the two tables, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which forecasts, which bars, and what differs from the usual experiment."""
    parser.add_argument("forecasts", metavar="FORECASTS", help="CSV, Parquet, Feather or Excel file")
    parser.add_argument("--bars", required=True, metavar="FILES", help="a file, a folder or a pattern, as for init")
    parser.add_argument("settings", metavar="SETTING=VALUE", nargs="*", help="of the experiment")


def run(options: Namespace) -> Answer:
    """Runs the experiment that judges them."""
    from runner.composition.configure import configure
    from runner.composition.judged_experiment import judged_experiment
    from runner.console import Console
    from runner.run import run_experiment
    from runner.specification.places import HERE
    from runner.tracking.deliver import deliver

    found = judged_experiment(options.forecasts, options.bars, options.settings)
    for remark in found.remarks:
        print(remark)
    experiment, composed = configure(found.overrides)
    try:
        outcome = run_experiment(experiment, composed, Console(), HERE)
    finally:
        deliver(HERE.outputs, experiment.tracking)
    content = {**told(outcome.folder), "remarks": list(found.remarks)}
    following = (f"show {outcome.folder.name}", f"report {outcome.folder.name}")
    return Answer(content, lambda: outcome.show(Console()), outcome.exit_code, following, composed.notices)
