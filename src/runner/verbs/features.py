"""features OVERRIDES: what each feature looks like and how it ranks the target, on training rows only

Shows of each feature of an experiment: lookback, coverage, moments, autocorrelation and rank IC by fold,
and writes them as JSON, Parquet and a picture. Neither the vault nor a fold's own validation and test rows
are read for its figures. It is no trial; but whoever picks features by these figures has looked at the
training rows of all folds, and the ledger notes which bars were seen."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from runner.answer import Answer

ANSWER = {
    "features": "list: of each its figures, see features.json",
    "ranked": "true or false: whether symbols are ranked on each date",
    "folder": "text: where features.json, .parquet and .png lie",
}


def add_arguments(parser: ArgumentParser) -> None:
    """An experiment, as for a run."""
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME ...")


def run(options: Namespace) -> Answer:
    """Figures of every feature; writes features.json, .parquet and .png."""
    from runner.composition.configure import configure

    experiment, composed = configure(options.overrides)
    from runner.compute import pipeline
    from runner.console import Console
    from runner.judging.feature_figures import feature_facts
    from runner.report.features import legend, tables, write
    from runner.specification.places import HERE
    from runner.trial import looked

    console = Console()
    for notice in composed.notices:
        console.note(notice)
    cache = pipeline.open_cache(HERE, console)
    prepared = pipeline.prepare(experiment, cache)
    looked(experiment, prepared, cache, HERE, "features")
    facts, ranked = cache.run("statistics", lambda: feature_facts(prepared, threads=experiment.resources.threads))
    folder = cache.run("picture", lambda: write(experiment, composed.config, prepared, facts, ranked, HERE))

    def show() -> None:
        out = Console()
        for table in tables(facts):
            out.table(table)
        for text in ("", *legend(ranked), ""):
            out.say(text)
        out.path("Folder", str(folder))
        out.path("Picture", str(folder / "features.png"))

    content = {"features": [asdict(fact) for fact in facts], "ranked": ranked, "folder": str(folder)}
    return Answer(content, show, notices=composed.notices)
