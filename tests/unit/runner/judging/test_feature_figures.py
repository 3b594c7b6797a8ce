"""The figures of features against slow references, and what rows they are computed from."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from components.expressions import parse
from components.panel import Panel
from components.values import Fold, Span
from runner.compute.features import FeatureTable
from runner.compute.pipeline import Prepared
from runner.compute.stage import Given
from runner.compute.target import Labels
from runner.judging.feature_figures import (
    FeatureFacts,
    TrainingRows,
    autocorrelation,
    feature_facts,
    information,
    moments,
)
from runner.report.feature_pictures import picture, strip

DAYS = 80


def day(n: int) -> np.datetime64:
    return np.datetime64("2020-01-01", "us") + np.timedelta64(n, "D")


def panel_of(symbols: int) -> Panel:
    return Panel(
        symbols=tuple("ABCDEFG"[:symbols]),
        offsets=np.arange(symbols + 1) * DAYS,
        timestamps_R=np.tile([day(n) for n in range(DAYS)], symbols),
        fields={"close": np.random.default_rng(5).normal(size=symbols * DAYS)},
    )


def fold(number: int, panel: Panel, first: int, last: int, drop: tuple[int, ...] = ()) -> Fold:
    times = panel.timestamps_R
    rows = np.flatnonzero((times >= day(first)) & (times < day(last)))
    span = Span(
        train=((day(first), day(last)),),
        valid=((day(last), day(last + 5)),),
        test=((day(last + 5), day(last + 10)),),
    )
    nothing = np.array([], dtype=np.int64)
    return Fold(
        number=number, span=span, train_rows=np.setdiff1d(rows, drop), valid_rows=nothing, test_rows=nothing,
        test_path_N=nothing,
    )  # fmt: skip


def rows_of(symbols: int) -> tuple[TrainingRows, np.ndarray]:
    panel = panel_of(symbols)
    rng = np.random.default_rng(9)
    values_R = np.round(rng.normal(size=panel.n_rows), 1)
    y_R = 0.3 * values_R + rng.normal(size=panel.n_rows)
    # Of day 39 one symbol's label is not known in time for the first fold.
    folds = (fold(1, panel, 0, 40, drop=(39,)), fold(2, panel, 10, 60))
    return TrainingRows(panel=panel, folds=folds, y_R=y_R), values_R


def frame(rows: TrainingRows, values_R: np.ndarray) -> pd.DataFrame:
    panel = rows.panel
    return pd.DataFrame({"x": values_R, "y": rows.y_R, "date": panel.timestamps_R, "symbol": panel.symbol_codes_R})


def test_rank_ic_across_symbols_is_the_mean_over_dates() -> None:
    rows, values_R = rows_of(6)
    assert rows.ranked == "dates"
    table = frame(rows, values_R)

    def mean(chosen: np.ndarray) -> float:
        by_date = table.iloc[chosen].groupby("date")
        return float(np.mean([stats.spearmanr(day.x, day.y).statistic for _, day in by_date]))

    ic, by_fold = information(values_R, rows)
    assert ic == pytest.approx(mean(np.flatnonzero(table.date < day(60))), abs=1e-12)
    # Day 39 is incomplete in fold 1 and counts there in no symbol.
    assert by_fold[0] == pytest.approx(mean(np.flatnonzero(table.date < day(39))), abs=1e-12)
    assert by_fold[1] == pytest.approx(mean(rows.folds[1].train_rows), abs=1e-12)


@pytest.mark.parametrize("symbols", [1, 2])
def test_rank_ic_of_few_symbols_is_through_time(symbols: int) -> None:
    rows, values_R = rows_of(symbols)
    assert rows.ranked == "symbols"
    table = frame(rows, values_R)

    def mean(chosen: np.ndarray) -> float:
        by_symbol = table.iloc[chosen].groupby("symbol")
        return float(np.mean([stats.spearmanr(one.x, one.y).statistic for _, one in by_symbol]))

    ic, by_fold = information(values_R, rows)
    assert ic == pytest.approx(mean(np.flatnonzero(table.date < day(60))), abs=1e-12)
    assert by_fold == pytest.approx([mean(one.train_rows) for one in rows.folds], abs=1e-12)


def test_moments_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=500)
    found = moments(np.concatenate([values, [np.nan, np.inf]]))
    assert found["mean"] == pytest.approx(values.mean())
    assert found["std"] == pytest.approx(values.std(ddof=1))
    assert found["skew"] == pytest.approx(stats.skew(values))
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(values))
    assert (found["minimum"], found["maximum"]) == (values.min(), values.max())
    assert found["quantiles"][3] == np.median(values)


def test_moments_that_cannot_be_computed_are_nan() -> None:
    assert np.isnan(moments(np.array([np.nan, 1.0]))["mean"])
    constant = moments(np.full(5, 0.1))
    assert constant["mean"] == pytest.approx(0.1)
    assert np.isnan(constant["skew"])
    assert np.isnan(constant["kurtosis"])


def test_autocorrelation_pairs_bars_of_one_symbol() -> None:
    rows, values_R = rows_of(3)
    table = frame(rows, values_R)
    table["before"] = table.groupby("symbol").x.shift(1)
    known = table[table.date < day(60)].dropna()
    assert autocorrelation(values_R, rows) == pytest.approx(known.x.corr(known.before), abs=1e-12)


def prepared_of(symbols: int, hidden: float) -> Prepared:
    """Everything outside the training spans is `hidden`, in features and labels."""
    rows, values_R = rows_of(symbols)
    panel = rows.panel
    outside_R = panel.timestamps_R >= day(60)
    values_FR = np.stack([values_R, values_R**3, panel.fields["close"], values_R]).astype(np.float32)
    values_FR[1, (rows.bar_R < 2)] = np.nan
    values_FR[2, (rows.bar_R >= 30) & (rows.bar_R < 36)] = np.nan
    values_FR[:, outside_R] = hidden
    columns = {name: parse(text) for name, text in (("a", "close"), ("b", "ref(close, 2)"), ("c", "close"))}
    y_R = np.where(outside_R, hidden, rows.y_R)
    return Prepared(
        panel=panel,
        findings=(),
        columns=columns,
        targets={"target": parse("ref(close, -1)")},
        tabled=Given(key="table", value=FeatureTable(names=("a", "b", "c", "last_label"), values_FR=values_FR)),
        labelled=Given(key="labels", value=Labels.of(y_R, panel.timestamps_R, 1)),
        divided=Given(key="folds", value=rows.folds),
    )


@pytest.mark.parametrize("symbols", [1, 5])
def test_rows_outside_training_are_never_read(symbols: int) -> None:
    with_zeros, _ = feature_facts(prepared_of(symbols, 0.0), threads=1)
    with_millions, ranked = feature_facts(prepared_of(symbols, 1e6), threads=2)
    assert with_zeros == with_millions
    assert [fact.name for fact in with_zeros] == ["a", "b", "c"]
    assert ranked == ("symbols" if symbols == 1 else "dates")


def test_coverage_leaves_the_warm_up_out_and_counts_holes() -> None:
    facts, _ = feature_facts(prepared_of(4, 0.0), threads=1)
    assert [fact.coverage for fact in facts] == [1.0, 1.0, pytest.approx(54 / 60)]
    assert [fact.lookback_bars for fact in facts] == [0, 2, 0]


def test_a_strip_shows_shares_within_four_deviations() -> None:
    values = np.concatenate([np.random.default_rng(2).normal(size=10_000), [50.0, np.nan]])
    shares = strip(values)
    assert shares.sum() == pytest.approx(10_000 / 10_001)
    assert strip(np.full(9, 3.0)).sum() == 0.0


def test_the_picture_bears_missing_figures_and_long_names() -> None:
    nan = float("nan")
    facts = [
        FeatureFacts(
            name=f"feature_{'long_' * 9}{f}", expression="close", lookback_bars=0, coverage=1.0, mean=0.0, std=nan,
            skew=nan, kurtosis=nan, minimum=0.0, maximum=0.0, quantiles=(0.0,) * 7, autocorrelation=nan, ic=nan,
            ic_by_fold=(nan,) * 30,
        )
        for f in range(3)
    ]  # fmt: skip
    png = picture(facts, np.zeros((3, 81)), title="nothing", note="nothing")
    assert png.startswith(b"\x89PNG")
    assert png == picture(facts, np.zeros((3, 81)), title="nothing", note="nothing")
