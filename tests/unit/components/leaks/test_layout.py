"""Ranks, shifts and cell sums against slow references."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.leaks.layout import Table, block_p, correlation, merged, ranks, ranks_within


def table(lengths: list[int], seed: int) -> Table:
    rng = np.random.default_rng(seed)
    days = np.datetime64("2020-01-01", "us") + np.arange(max(lengths)) * np.timedelta64(1, "D")
    x_R = np.concatenate([rng.integers(0, 8, n) * 1.0 for n in lengths])
    return Table(
        symbols=tuple(f"S{i}" for i in range(len(lengths))),
        offsets=np.cumsum([0, *lengths]),
        times_R=np.concatenate([days[:n] for n in lengths]),
        columns={"x": np.where(rng.random(len(x_R)) < 0.1, np.nan, x_R), "y": rng.normal(size=len(x_R))},
    )


LENGTHS = st.lists(st.integers(20, 90), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(lengths=LENGTHS, seed=st.integers(0, 99), rows=st.integers(-5, 5))
def test_later_values_never_cross_a_symbol(lengths: list[int], seed: int, rows: int) -> None:
    made = table(lengths, seed)
    slow = np.full(made.n_rows, np.nan)
    for part in made.parts:
        for t in range(part.start, part.stop):
            if part.start <= t + rows < part.stop:
                slow[t] = made.columns["y"][t + rows]
    np.testing.assert_array_equal(made.later(made.columns["y"], rows), slow)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.integers(-3, 3), min_size=3, max_size=40))
def test_ranks_are_those_of_scipy(values: list[int]) -> None:
    from scipy.stats import rankdata

    made, slow = ranks(np.array(values, dtype=float)), rankdata(values)
    if len(set(values)) == 1:
        assert np.isnan(made).all()
    else:
        np.testing.assert_allclose(made, (slow - slow.mean()) / slow.std())


@settings(max_examples=15, deadline=None)
@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_cells_add_up_to_the_correlation_of_all_rows(lengths: list[int], seed: int) -> None:
    made = table(lengths, seed)
    x_R, y_R = made.columns["x"], made.columns["y"]
    sums = made.cells.sums(x_R, y_R[None])
    both = np.isfinite(x_R)
    r = correlation(sums[0].sum(axis=(0, 1)))
    np.testing.assert_allclose(r, np.corrcoef(x_R[both], y_R[both])[0, 1], rtol=1e-5, atol=1e-6)
    halves = merged(sums, 1)
    np.testing.assert_allclose(halves.sum(axis=(1, 2)), sums.sum(axis=(1, 2)))


def test_a_mean_over_blocks_is_judged_by_students_t() -> None:
    from scipy.stats import ttest_1samp

    product_B = np.random.default_rng(0).normal(0.4, 1, 20)
    np.testing.assert_allclose(block_p(product_B), ttest_1samp(product_B, 0).pvalue)
    assert block_p(product_B[:7]) == 1.0


@settings(max_examples=15, deadline=None)
@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_ranks_within_groups_are_those_of_each_alone(lengths: list[int], seed: int) -> None:
    made = table(lengths, seed)
    alone = np.concatenate([ranks(made.columns["x"][rows]) for rows in made.parts])
    np.testing.assert_allclose(ranks_within(made.columns["x"], made.symbol_R), alone)
