"""Student's t distribution against SciPy's."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtr, stdtrit

from components.statistics.student import student_cdf, student_quantile

DEGREES = st.floats(0.3, 1e5)


@given(t=st.floats(-200, 200), n=DEGREES)
def test_the_distribution_is_scipys_to_1e_12(t: float, n: float) -> None:
    assert student_cdf(t, n) == pytest.approx(float(stdtr(n, t)), abs=1e-12)


@settings(deadline=None)
@given(p=st.floats(1e-9, 1 - 1e-9), n=DEGREES)
def test_the_quantile_is_the_inverse(p: float, n: float) -> None:
    t = student_quantile(p, n)
    assert student_cdf(t, n) == pytest.approx(p, abs=1e-12)
    if n >= 1:
        assert t == pytest.approx(float(stdtrit(n, p)), rel=1e-7, abs=1e-9)


@given(t=st.floats(0, 50), n=DEGREES)
def test_it_is_symmetric(t: float, n: float) -> None:
    assert student_cdf(t, n) + student_cdf(-t, n) == 1


@pytest.mark.parametrize(
    ("t", "n", "expected"),
    [
        (0.0, 3.0, 0.5),
        (1.0, 1.0, 0.75),
        (math.inf, 2.0, 1.0),
        (-math.inf, 2.0, 0.0),
        (1.0, math.inf, 0.8413447460685429),
    ],
)
def test_known_values(t: float, n: float, expected: float) -> None:
    assert student_cdf(t, n) == pytest.approx(expected, abs=1e-12)


def test_what_is_not_defined_is_nan() -> None:
    assert all(math.isnan(student_cdf(t, n)) for t, n in ((math.nan, 3.0), (1.0, math.nan), (1.0, 0.0)))
    assert all(math.isnan(student_quantile(p, n)) for p, n in ((math.nan, 3.0), (0.5, math.nan), (1.1, 3.0)))
    assert student_quantile(0.0, 3.0) == -math.inf
    assert student_quantile(1.0, 3.0) == math.inf
