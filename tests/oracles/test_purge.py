"""The purge against loops over rows: which bars each row reads, and which rows may then teach a fold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.expressions import Node
from components.panel import Panel
from components.preprocess.none import NoPreprocessing
from components.split.combinatorial_purged import CombinatorialPurged
from components.split.held_out_symbols import HeldOutSymbols
from components.values import Fold, Span
from runner.compute.features import FeatureTable
from runner.compute.folds import make_folds
from runner.compute.purge import Candidates, candidates, first_bars_read, fold_of
from runner.compute.target import Labels
from unit.runner.compute.test_folds import WHOLE, columns_of, labels_of, ragged, table_of

Rows = list[int]


def earliest_read(panel: Panel, lookback: int, compares: bool) -> list[np.datetime64]:
    """Every bar that can be reached from every bar, by steps back in time and, free of charge, across symbols."""
    times, codes = panel.timestamps_R, panel.symbol_codes_R

    def across(rows: set[int]) -> set[int]:
        stamps = {times[row] for row in rows}
        return {row for row in range(panel.n_rows) if times[row] in stamps} if compares else rows

    earliest = []
    for row in range(panel.n_rows):
        reached = across({row})
        seen = set(reached)
        for _ in range(lookback):
            reached = across({max(r - 1, int(panel.offsets[codes[r]])) for r in reached}) - seen
            if not reached:
                break
            seen |= reached
        earliest.append(min(times[r] for r in seen))
    return earliest


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(0, 9), st.booleans())
def test_the_first_bar_that_a_row_reads(seed: int, n_symbols: int, lookback: int, compares: bool) -> None:
    panel = ragged(seed, n_symbols, 40)
    found = first_bars_read(panel, lookback, compares=compares)
    assert found.tolist() == [time.item() for time in earliest_read(panel, lookback, compares)]


def slow_rows(
    inside: Rows, blocks: tuple[tuple[np.datetime64, np.datetime64], ...], rows: Candidates, reads: list[np.datetime64]
) -> Rows:
    """A row stays if, for every block, its label is known when the block begins, or it comes after the block and
    reads no bar before any label of the block is known."""
    times, ends = rows.panel.timestamps_R, rows.labels.label_end_R
    kept = []
    for r in inside:
        sound = not np.isnat(ends[r])
        for begin, end in blocks:
            before = bool(ends[r] <= begin)
            after = bool(times[r] >= end)
            for s in np.flatnonzero(rows.ready_R):
                if begin <= times[s] < end:
                    known = times[s] if np.isnat(ends[s]) else ends[s]
                    after = after and bool(reads[r] >= known)
            sound = sound and (before or after)
        if sound:
            kept.append(int(r))
    return kept


def slow_fold(span: Span, rows: Candidates, reads: list[np.datetime64]) -> tuple[Rows, Rows, Rows]:
    names, times, codes = rows.panel.symbols, rows.panel.timestamps_R, rows.panel.symbol_codes_R

    def inside(part: str, symbols: tuple[str, ...] | None) -> Rows:
        return [
            r
            for r in np.flatnonzero(rows.ready_R)
            if any(begin <= times[r] < end for begin, end in getattr(span, part))
            and (symbols is None or names[codes[r]] in symbols)
        ]

    train, valid = (inside(part, span.train_symbols) for part in ("train", "valid"))
    return (
        slow_rows(train, (*span.valid, *span.test), rows, reads),
        slow_rows(valid, span.test, rows, reads),
        inside("test", span.test_symbols),
    )


def made(
    seed: int, n_symbols: int, horizon: int, window: int, compares: bool
) -> tuple[Panel, FeatureTable, Labels, dict[str, Node]]:
    panel = ragged(seed, n_symbols, 70)
    feature = f"mean(close, {window})"
    columns = columns_of(f"cs_rank({feature})" if compares else feature, f"close / ref(close, {horizon})")
    labels = labels_of(panel, f"ref(close, -{horizon}) / close - 1")
    return panel, table_of(panel, columns), labels, columns


SETTINGS = (
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from([(3, 1), (4, 2), (5, 2), (5, 4)]),
)


@settings(max_examples=20, deadline=None)
@given(*SETTINGS)
def test_folds_against_loops(
    seed: int, n_symbols: int, horizon: int, window: int, compares: bool, groups: tuple[int, int]
) -> None:
    panel, table, labels, columns = made(seed, n_symbols, horizon, window, compares)
    rows = candidates(NoPreprocessing(), table, labels, panel, columns)
    lookback = max(horizon, window - 1)
    assert (rows.lookback_bars, rows.compares) == (lookback, compares)
    reads = earliest_read(panel, lookback, compares)
    split = CombinatorialPurged(n_groups=groups[0], n_test_groups=groups[1], valid_share=0.3, vault_start=None)
    for number, span in enumerate(split.spans(np.unique(panel.timestamps_R[rows.ready_R]), panel.symbols), start=1):
        fold = fold_of(number, span, rows)
        train, valid, test = slow_fold(span, rows, reads)
        assert fold.train_rows.tolist() == train
        assert fold.valid_rows.tolist() == valid
        assert fold.test_rows.tolist() == test
        for row, path in zip(fold.test_rows, fold.test_path_N, strict=True):
            time = panel.timestamps_R[row]
            assert [p for p, (begin, end) in zip(span.paths, span.test, strict=True) if begin <= time < end] == [path]


@settings(max_examples=40, deadline=None)
@given(*SETTINGS)
def test_no_row_that_teaches_shares_a_move_with_one_that_is_judged(
    seed: int, n_symbols: int, horizon: int, window: int, compares: bool, groups: tuple[int, int]
) -> None:
    """Of any two rows of different parts: what the earlier one's label measures ends at or before the later one's
    decision, and where the later one teaches, its features begin at or after that end."""
    panel, table, labels, columns = made(seed, n_symbols, horizon, window, compares)
    rows = candidates(NoPreprocessing(), table, labels, panel, columns)
    split = CombinatorialPurged(n_groups=groups[0], n_test_groups=groups[1], valid_share=0.3, vault_start=None)
    for number, span in enumerate(split.spans(np.unique(panel.timestamps_R[rows.ready_R]), panel.symbols), start=1):
        fold = fold_of(number, span, rows)
        for taught, judged in (
            (fold.train_rows, fold.valid_rows),
            (fold.train_rows, fold.test_rows),
            (fold.valid_rows, fold.test_rows),
        ):
            judged = judged[~np.isnat(labels.label_end_R[judged])]
            t_end, t_read = labels.label_end_R[taught][:, None], rows.first_read_R[taught][:, None]
            s_at, s_end = panel.timestamps_R[judged][None], labels.label_end_R[judged][None]
            assert ((t_end <= s_at) | (t_read >= s_end)).all()


def paths_of(folds: tuple[Fold, ...]) -> dict[int, Rows]:
    paths: dict[int, Rows] = {}
    for fold in folds:
        for row, path in zip(fold.test_rows.tolist(), fold.test_path_N.tolist(), strict=True):
            paths.setdefault(path, []).append(row)
    return paths


def test_every_path_forecasts_every_row_once() -> None:
    panel, table, labels, columns = made(11, 3, 2, 3, compares=False)
    split = CombinatorialPurged(n_groups=5, n_test_groups=3, valid_share=0.2, vault_start=None)
    folds = make_folds(split, NoPreprocessing(), table, labels, panel, WHOLE, columns)
    ready = np.flatnonzero(np.isfinite(table.values_FR).all(axis=0)).tolist()
    assert {path: sorted(rows) for path, rows in paths_of(folds).items()} == dict.fromkeys(range(1, 7), ready)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 3))
def test_held_out_symbols_against_loops(seed: int, horizon: int, held_out: int) -> None:
    panel, table, labels, columns = made(seed, 4, horizon, 3, compares=False)
    rows = candidates(NoPreprocessing(), table, labels, panel, columns)
    split = HeldOutSymbols(
        n_folds=2,
        first_share=0.5,
        valid_share=0.1,
        times="ready",
        window="expanding",
        vault_start=None,
        held_out=held_out,
    )
    tested: Rows = []
    for number, span in enumerate(split.spans(np.unique(panel.timestamps_R[rows.ready_R]), panel.symbols), start=1):
        fold = fold_of(number, span, rows)
        train, valid, test = slow_fold(span, rows, earliest_read(panel, max(2, horizon), compares=False))
        assert (fold.train_rows.tolist(), fold.valid_rows.tolist(), fold.test_rows.tolist()) == (train, valid, test)
        taught = set(panel.symbol_codes_R[[*train, *valid]])
        assert not taught & set(panel.symbol_codes_R[test])
        tested += test
    assert len(tested) == len(set(tested))


@pytest.mark.parametrize(
    ("window", "line"),
    [
        (
            60,
            "split: fold 2 has no valid rows left after purging labels of 2 bars and, after test spans, features that "
            "look 59 bars back; lower split.n_groups or split.n_test_groups, change split.valid_share, shorten the "
            "horizon or the longest features or give more bars",
        ),
    ],
)
def test_an_embargo_that_eats_a_part_is_named(window: int, line: str) -> None:
    panel = ragged(3, 1, 330)
    columns = columns_of(f"mean(close, {window})", "close / ref(close, 2)")
    labels = labels_of(panel, "ref(close, -2) / close - 1")
    split = CombinatorialPurged(n_groups=3, n_test_groups=1, valid_share=0.2, vault_start=None)
    with pytest.raises(DataError) as error:
        make_folds(split, NoPreprocessing(), table_of(panel, columns), labels, panel, WHOLE, columns)
    assert str(error.value) == line
