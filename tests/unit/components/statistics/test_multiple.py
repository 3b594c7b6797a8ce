"""Adjusted p-values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.statistics.multiple import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array)


def naive_holm(p: np.ndarray, level: float) -> np.ndarray:
    rejected = np.zeros(len(p), dtype=bool)
    for k, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] > level / (len(p) - k):
            break
        rejected[index] = True
    return rejected


def naive_benjamini_hochberg(p: np.ndarray, level: float) -> np.ndarray:
    ordered = np.sort(p)
    passing = [k for k in range(1, len(p) + 1) if ordered[k - 1] <= level * k / len(p)]
    return p <= (ordered[max(passing) - 1] if passing else -1)


@given(p_values, st.floats(0.001, 0.5))
def test_adjusted_values_reject_what_the_procedures_reject(p_K: np.ndarray, level: float) -> None:
    for adjust, procedure in ((holm, naive_holm), (benjamini_hochberg, naive_benjamini_hochberg)):
        adjusted_K = adjust(p_K)
        clear_K = np.abs(adjusted_K - level) > 1e-9
        assert ((adjusted_K <= level) == procedure(p_K, level))[clear_K].all()


@given(p_values)
def test_adjustment_raises_and_keeps_the_order(p_K: np.ndarray) -> None:
    for adjusted_K in (holm(p_K), benjamini_hochberg(p_K)):
        assert (adjusted_K >= p_K - 1e-15).all()
        assert (adjusted_K <= 1).all()
        assert (np.diff(adjusted_K[np.argsort(p_K, kind="stable")]) >= 0).all()


def test_a_single_test_needs_no_adjustment() -> None:
    assert holm(np.array([0.03])) == pytest.approx([0.03])
    assert len(benjamini_hochberg(np.array([]))) == 0
