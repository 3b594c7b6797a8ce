"""The figures of a feature set, as tables and as a folder."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from components.expressions import to_text
from runner.compute.pipeline import Prepared
from runner.judging.feature_figures import FeatureFacts, Ranked, TrainingRows, columns_of
from runner.recording.provenance import provenance
from runner.recording.records import new_folder
from runner.report import notation
from runner.report.description import day, settings_text
from runner.report.feature_pictures import picture, strip
from runner.report.tables import Row, Table
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.storage.canonical import finite_or_null
from runner.storage.disk import write_atomically
from runner.storage.formats import parquet_bytes

DASH = "–"
FOLDS_IN_A_TABLE = 8
STATEMENT = (
    "Training rows only: neither the vault nor a fold's own validation and test rows are read for its figures, "
    "and this is no trial. Whoever picks features by these figures has looked at the training rows of all folds."
)
LEGEND = (
    "bars: lookback; finite: share of bars with a value after the lookback; skew, kurt: skewness and excess kurtosis; "
    "lag 1: correlation with the bar before."
)
RANKED = {
    "dates": "rank correlation of feature and target across the symbols of each date, mean over dates",
    "symbols": "rank correlation of feature and target through time, mean over symbols if there are several",
}


def write(
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    facts: Sequence[FeatureFacts],
    ranked: Ranked,
    places: Places,
) -> Path:
    """A new folder with the figures; features.json comes last, so that what has it is complete."""
    import pandas as pd

    now = datetime.now(UTC)
    key = prepared.as_input().key
    folder = new_folder(places.outputs, "features", f"{experiment.name}/{now:%Y%m%dT%H%M%SZ}-{key[:8]}")
    write_atomically(folder / "config.yaml", settings_text(config).encode())
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
    experiment: Experiment, prepared: Prepared, facts: Sequence[FeatureFacts], ranked: Ranked, now: datetime
) -> dict[str, Any]:
    return {
        "experiment": experiment.name,
        "written": now.isoformat(timespec="seconds"),
        "statement": STATEMENT,
        "ic": RANKED[ranked],
        "target": {"expression": to_text(prepared.label), "horizon_bars": prepared.labels.horizon_bars},
        "data": {"identity": experiment.data.facts().identity, "fingerprint": prepared.panel.fingerprint},
        "folds": [
            {
                "number": f.number,
                "train": [[day(begin), day(end)] for begin, end in f.span.train],
                "n_train": len(f.train_rows),
            }
            for f in prepared.folds
        ],
        "features": [asdict(fact) for fact in facts],
        **provenance(),
    }


def tables(facts: Sequence[FeatureFacts]) -> list[Table]:
    """The shape of each feature, then its rank IC, some folds in a table."""
    firsts = range(0, len(facts[0].ic_by_fold), FOLDS_IN_A_TABLE)
    return [_shape_table(facts), *(_information_table(facts, first) for first in firsts)]


def legend(ranked: Ranked) -> tuple[str, ...]:
    """What the tables mean, and what may be concluded from them."""
    return LEGEND, f"Second table: rank IC, {RANKED[ranked]}.", STATEMENT


def _shape_table(facts: Sequence[FeatureFacts]) -> Table:
    header = ("Feature", "bars", "finite", "mean", "std", "skew", "kurt", "min", "max", "lag 1")
    rows = tuple(
        Row(
            label=fact.name,
            cells=(
                str(fact.lookback_bars),
                notation.write(fact.coverage, "percent"),
                *(_short(value) for value in (fact.mean, fact.std)),
                *(notation.write(value, "two decimals") for value in (fact.skew, fact.kurtosis)),
                *(_short(value) for value in (fact.minimum, fact.maximum)),
                notation.write(fact.autocorrelation, "two decimals"),
            ),
        )
        for fact in facts
    )
    return Table(header=header, rows=rows)


def _short(value: float) -> str:
    """Three significant digits in at most eight characters."""
    return f"{value:.3g}" if math.isfinite(value) else DASH


def _information_table(facts: Sequence[FeatureFacts], first: int) -> Table:
    """Rank IC over all folds, then of some of them from `first` on."""
    last = min(first + FOLDS_IN_A_TABLE, len(facts[0].ic_by_fold))
    rows = tuple(
        Row(
            label=fact.name,
            cells=tuple(notation.write(v, "three decimals") for v in (fact.ic, *fact.ic_by_fold[first:last])),
        )
        for fact in facts
    )
    header = ("Feature", "all", *(f"fold {k + 1}" for k in range(first, last)))
    return Table(header=header, rows=rows)
