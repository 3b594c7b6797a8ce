"""Correlations over the symbols of a date."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from components.statistics.cross_section import cross_sections, information_coefficients

rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 2), st.integers(-4, 4), st.integers(-4, 4)),
    min_size=1,
    max_size=40,
)


def naive(y, f, dates, folds, ranked: bool) -> list[float]:
    found = []
    for date in np.unique(dates):
        values = []
        for fold in np.unique(folds[dates == date]):
            here = (dates == date) & (folds == fold)
            if here.sum() >= 3 and len(set(y[here])) > 1 and len(set(f[here])) > 1:
                values.append((spearmanr if ranked else pearsonr)(y[here], f[here]).statistic)
        found.append(np.mean(values) if values else np.nan)
    return found


@settings(max_examples=60)
@given(rows, st.booleans())
def test_coefficients_equal_those_of_each_date_alone(rows, ranked: bool) -> None:
    day, fold, y, f = (np.array(column) for column in zip(*rows, strict=True))
    dates = np.datetime64("2020-01-01", "us") + day * np.timedelta64(1, "D")
    y, f, fold = y.astype(float), f.astype(float), fold.astype(np.int64)
    ic_T = information_coefficients(y, f, dates, fold, ranked=ranked)
    assert ic_T == pytest.approx(naive(y, f, dates, fold, ranked), nan_ok=True, abs=1e-9)


def test_two_folds_that_forecast_one_symbol_are_no_cross_section() -> None:
    dates = np.repeat(np.datetime64("2020-01-01", "us"), 4)
    assert np.bincount(cross_sections(dates, np.array([1, 2, 3, 4]))).tolist() == [1, 1, 1, 1]


def test_missing_rows_are_left_out() -> None:
    dates = np.repeat(np.datetime64("2020-01-01", "us"), 4)
    y, f = np.array([1.0, 2.0, 3.0, np.nan]), np.array([1.0, 2.0, 3.0, -9.0])
    assert information_coefficients(y, f, dates, np.ones(4, dtype=np.int64), ranked=False) == pytest.approx([1])


def test_no_rows_give_no_dates() -> None:
    none = np.array([])
    no_dates, no_folds = none.astype("datetime64[us]"), none.astype(np.int64)
    assert len(information_coefficients(none, none, no_dates, no_folds, ranked=True)) == 0
