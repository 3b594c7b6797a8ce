"""Walk-forward invariants on ragged panels with holes: order, label_end purge, cover."""

import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import LAST_LABEL
from components.data.bundled import Bundled
from components.errors import DataError
from components.expressions import Node, evaluate, parse
from components.panel import Panel
from components.preprocess.none import NoPreprocessing
from components.split.walk_forward import WalkForward
from harness import resources
from runner.compute.features import FeatureTable
from runner.compute.folds import make_folds
from runner.compute.prepared import corner
from runner.compute.purge import purged
from runner.compute.target import Labels, compute_labels
from runner.compute.vault import visible_bars
from runner.specification.debug import Debug

RAW = NoPreprocessing()
WHOLE = Debug(enabled=False, max_bars=None, max_symbols=None, max_folds=None)


def ragged(seed: int, n_symbols: int, n_days: int) -> Panel:
    """Symbols that begin late, end early and miss days of their own."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2010-01-01", "us") + np.arange(n_days) * np.timedelta64(1, "D")
    stamps, prices, lengths = [], [], []
    for _ in range(n_symbols):
        start, end = rng.integers(0, n_days // 4), n_days - rng.integers(0, n_days // 4)
        own = days[start:end][rng.random(end - start) > 0.15]
        stamps.append(own)
        prices.append(100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(own)))))
        lengths.append(len(own))
    return Panel(
        symbols=tuple(f"S{i:02d}" for i in range(n_symbols)),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        timestamps_R=np.concatenate(stamps),
        fields={"close": np.concatenate(prices)},
    )


def columns_of(feature: str, last_label: str) -> dict[str, Node]:
    return {"feature": parse(feature), LAST_LABEL: parse(last_label)}


def table_of(panel: Panel, columns: Mapping[str, Node]) -> FeatureTable:
    return FeatureTable(names=tuple(columns), values_FR=evaluate(columns, panel, threads=1))


def labels_of(panel: Panel, text: str) -> Labels:
    return compute_labels(panel, expressions={"target": text}, resources=resources())


def label_end(panel: Panel, row: int, horizon: int) -> np.datetime64 | None:
    """The slow reference: the time of the symbol's own bar `horizon` bars later."""
    end = panel.offsets[panel.symbol_codes_R[row] + 1]
    return panel.timestamps_R[row + horizon] if row + horizon < end else None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 12), st.integers(1, 6), st.booleans())
def test_invariants(seed: int, n_symbols: int, horizon: int, n_folds: int, rolling: bool) -> None:
    panel = ragged(seed, n_symbols, 260)
    columns = columns_of("close / ref(close, 10) - 1", f"close / ref(close, {horizon}) - 1")
    table = table_of(panel, columns)
    labels = labels_of(panel, f"ref(close, -{horizon}) / close - 1")
    split = WalkForward(
        n_folds=n_folds,
        first_share=0.4,
        valid_share=0.12,
        times="ready",
        window="rolling" if rolling else "expanding",
        vault_start=None,
    )
    folds = make_folds(split, RAW, table, labels, panel, WHOLE, columns)
    ready = np.flatnonzero(np.isfinite(table.values_FR).all(axis=0))
    times = panel.timestamps_R

    for fold in folds:
        assert times[fold.train_rows].max() < times[fold.valid_rows].min()
        assert times[fold.valid_rows].max() < times[fold.test_rows].min()
        assert set(fold.train_rows) | set(fold.valid_rows) | set(fold.test_rows) <= set(ready)
        for rows, known_by in ((fold.train_rows, fold.span.valid[0][0]), (fold.valid_rows, fold.span.test[0][0])):
            for row in rows:
                end = label_end(panel, row, horizon)
                assert end is not None
                assert end <= known_by
        kept = set(fold.train_rows)
        assert fold.test_path_N.tolist() == [1] * len(fold.test_rows)
        candidates = [r for r in ready if fold.span.train[0][0] <= times[r] < fold.span.train[0][1]]
        dropped = [r for r in candidates if r not in kept]
        ends = [label_end(panel, r, horizon) for r in dropped]
        assert all(end is None or end > fold.span.valid[0][0] for end in ends)
        assert purged(fold, RAW, table, panel)[0] == len(dropped)

    for before, after in itertools.pairwise(folds):
        assert before.span.test[0][1] == after.span.test[0][0]
    covered = np.concatenate([fold.test_rows for fold in folds])
    assert len(covered) == len(set(covered))
    first = folds[0].span.test[0][0]
    assert set(covered) == {row for row in ready if times[row] >= first}


def test_a_label_that_compares_symbols_is_known_when_the_slowest_is() -> None:
    panel = ragged(3, 3, 120)
    labels = labels_of(panel, "cs_demean(ref(close, -5) / close - 1)")
    own = labels_of(panel, "ref(close, -5) / close - 1")
    defined = ~np.isnat(labels.label_end_R)
    for row in np.flatnonzero(defined):
        same_date = (panel.timestamps_R == panel.timestamps_R[row]) & ~np.isnat(own.label_end_R)
        assert labels.label_end_R[row] == own.label_end_R[same_date].max()


@pytest.mark.parametrize(("start", "begins"), [("2010-06-01", "2010-06-01"), ("last 504 bars", "2016-12-29")])
def test_the_vault_is_never_seen(start: str, begins: str) -> None:
    split = WalkForward(
        n_folds=4, first_share=0.4, valid_share=0.1, times="ready", window="expanding", vault_start=start
    )
    bars, found = visible_bars(Bundled(dataset="sp500"), split)
    assert found == np.datetime64(begins)
    seen = bars.to_panel()
    assert seen.timestamps_R.max() < found
    labels = labels_of(seen, "ref(close, -5) / close - 1")
    known = labels.label_end_R[~np.isnat(labels.label_end_R)]
    assert known.max() < found


def test_a_span_that_the_purge_empties_is_named() -> None:
    panel = ragged(2, 1, 200)
    columns = columns_of("close / ref(close, 1)", "close / ref(close, 60)")
    table = table_of(panel, columns)
    labels = labels_of(panel, "ref(close, -60) / close")
    split = WalkForward(
        n_folds=2, first_share=0.5, valid_share=0.05, times="ready", window="expanding", vault_start=None
    )
    with pytest.raises(DataError) as error:
        make_folds(split, RAW, table, labels, panel, WHOLE, columns)
    assert str(error.value) == (
        "split: fold 1 has no train rows left after purging labels of 60 bars; "
        "lengthen the span, shorten the horizon or give more bars"
    )


def test_debug_takes_a_corner() -> None:
    debug = Debug(enabled=True, max_bars=60, max_symbols=2, max_folds=1)
    seen = corner(ragged(5, 4, 200), debug)
    assert seen.symbols == ("S00", "S01")
    assert len(seen.dates_T) <= 60
