"""The verb `features`: computes, prints and records the figures of a feature set."""

import argparse
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import ConfigError

if TYPE_CHECKING:
    from runner.composition.composed import Composed
    from runner.compute.pipeline import Prepared
    from runner.console import Console
    from runner.features.statistics import FeatureFacts, Ranked
    from runner.report.tables import Table
    from runner.specification.experiment import Experiment

DASH = "–"
OUTPUTS = Path("outputs")
FOLDS_IN_A_TABLE = 8
STATEMENT = (
    "Training rows only: neither the vault nor a fold's own validation and test rows are read for its figures, "
    "and no trial is recorded. Whoever picks features by these figures has looked at the training rows of all folds."
)
LEGEND = (
    "bars: lookback; finite: share of bars with a value after the lookback; skew, kurt: skewness and excess kurtosis; "
    "lag 1: correlation with the bar before."
)
RANKED = {
    "dates": "rank correlation of feature and target across the symbols of each date, mean over dates",
    "symbols": "rank correlation of feature and target through time, mean over symbols if there are several",
}


def main(arguments: Sequence[str]) -> int:
    """`features OVERRIDES`: prints a table, writes features.json, .parquet and .png."""
    parser = argparse.ArgumentParser(
        prog="python -m runner features",
        description="Shows each feature of an experiment: lookback, coverage, moments, autocorrelation and rank IC "
        "by fold. " + STATEMENT,
    )
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME ...")
    options, further = parser.parse_known_args(arguments)
    if further:
        raise ConfigError(f"{further[0]}: unknown flag of features; see python -m runner features --help")
    from runner.composition.configure import configure

    experiment, composed = configure(options.overrides)
    from runner.compute import pipeline
    from runner.console import Console
    from runner.features.statistics import feature_facts

    console = Console()
    for notice in composed.notices:
        console.note(notice)
    cache = pipeline.open_cache(OUTPUTS, console)
    prepared = pipeline.prepare(experiment, cache)
    facts, ranked = cache.stage("statistics", lambda: feature_facts(prepared, threads=experiment.threads))
    folder = cache.stage("picture", lambda: _written(experiment, composed, prepared, facts, ranked))
    _print(console, facts, ranked, folder)
    return 0


def _written(
    experiment: "Experiment", composed: "Composed", prepared: "Prepared", facts: "list[FeatureFacts]", ranked: "Ranked"
) -> Path:
    """The folder with the figures; features.json comes last, so that what has it is complete."""
    import numpy as np
    import pandas as pd

    from runner.compute.identity import run_key
    from runner.features.picture import picture, strip
    from runner.features.statistics import TrainingRows, columns_of
    from runner.recording.records import new_folder
    from runner.report.description import settings_text
    from runner.storage.disk import write_atomically
    from runner.storage.formats import parquet_bytes
    from runner.storage.keys import finite_or_null

    now = datetime.now(UTC)
    key = run_key(composed.config, prepared.design_key)
    folder = new_folder(OUTPUTS, "features", f"{experiment.name}/{now:%Y%m%dT%H%M%SZ}-{key[:8]}")
    write_atomically(folder / "config.yaml", settings_text(composed.config).encode())
    write_atomically(folder / "features.parquet", parquet_bytes(pd.DataFrame(columns_of(facts))))
    rows_N = TrainingRows(panel=prepared.panel, folds=prepared.folds, y_R=prepared.labels.y_R).rows_N
    strips = np.array([strip(prepared.table.values_FR[f][rows_N]) for f in range(len(facts))])
    title = f"{experiment.name}: {len(facts)} features, {len(prepared.folds)} folds"
    note = f"IC: {RANKED[ranked]}. Distribution: the line spans 5 to 95 % of the values, the dot is the median."
    write_atomically(folder / "features.png", picture(facts, strips, title=title, note=note))
    summary = _summary(experiment, prepared, facts, ranked, now)
    text = json.dumps(finite_or_null(summary), indent=1, ensure_ascii=False)
    write_atomically(folder / "features.json", f"{text}\n".encode())
    return folder


def _summary(
    experiment: "Experiment", prepared: "Prepared", facts: "list[FeatureFacts]", ranked: "Ranked", now: datetime
) -> dict[str, Any]:
    from dataclasses import asdict

    from components.expressions import to_text
    from runner.recording.provenance import provenance
    from runner.report.description import day

    return {
        "experiment": experiment.name,
        "written": now.isoformat(timespec="seconds"),
        "statement": STATEMENT,
        "ic": RANKED[ranked],
        "target": {"expression": to_text(prepared.label), "horizon_bars": prepared.labels.horizon_bars},
        "data": {"identity": experiment.data.facts().identity, "fingerprint": prepared.panel.fingerprint},
        "folds": [
            {"number": f.number, "train": [day(t) for t in f.span.train], "n_train": len(f.train_rows)}
            for f in prepared.folds
        ],
        "features": [asdict(fact) for fact in facts],
        **provenance(),
    }


def _print(console: "Console", facts: "list[FeatureFacts]", ranked: "Ranked", folder: Path) -> None:
    console.table(_shape_table(facts))
    for first in range(0, len(facts[0].ic_by_fold), FOLDS_IN_A_TABLE):
        console.table(_information_table(facts, first))
    for text in ("", LEGEND, f"Second table: rank IC, {RANKED[ranked]}.", STATEMENT, ""):
        console.say(text)
    console.path("Folder", str(folder))
    console.path("Picture", str(folder / "features.png"))


def _shape_table(facts: "list[FeatureFacts]") -> "Table":
    from runner.report.notation import write
    from runner.report.tables import Row, Table

    header = ("Feature", "bars", "finite", "mean", "std", "skew", "kurt", "min", "max", "lag 1")
    rows = tuple(
        Row(
            label=fact.name,
            cells=(
                str(fact.lookback_bars),
                write(fact.coverage, "percent"),
                *(_short(value) for value in (fact.mean, fact.std)),
                *(write(value, "two decimals") for value in (fact.skew, fact.kurtosis)),
                *(_short(value) for value in (fact.minimum, fact.maximum)),
                write(fact.autocorrelation, "two decimals"),
            ),
        )
        for fact in facts
    )
    return Table(header=header, rows=rows)


def _short(value: float) -> str:
    """Three significant digits in at most eight characters."""
    return f"{value:.3g}" if math.isfinite(value) else DASH


def _information_table(facts: "list[FeatureFacts]", first: int) -> "Table":
    """Rank IC over all folds, then of some of them from `first` on."""
    from runner.report.notation import write
    from runner.report.tables import Row, Table

    last = min(first + FOLDS_IN_A_TABLE, len(facts[0].ic_by_fold))
    rows = tuple(
        Row(label=fact.name, cells=tuple(write(v, "three decimals") for v in (fact.ic, *fact.ic_by_fold[first:last])))
        for fact in facts
    )
    header = ("Feature", "all", *(f"fold {k + 1}" for k in range(first, last)))
    return Table(header=header, rows=rows)
