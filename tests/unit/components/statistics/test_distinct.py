"""Distinct values."""

import numpy as np
import pytest

from components.statistics.distinct import distinct

GIVEN = {
    "sorted rows": np.arange(7),
    "rows": np.array([5, 1, 5, 2, 1], dtype=np.int32),
    "times": np.array(["2020-01-02", "2020-01-01", "NaT", "NaT", "2020-01-02"], dtype="datetime64[us]"),
    "numbers": np.array([0.0, -0.0, np.nan, 1.0, np.nan]),
    "nothing": np.empty(0, dtype=np.int64),
}


@pytest.mark.parametrize("values_M", GIVEN.values(), ids=GIVEN)
def test_they_are_numpys(values_M):
    found_D = distinct(values_M)
    np.testing.assert_array_equal(found_D, np.unique(values_M))
    assert found_D.dtype == values_M.dtype
