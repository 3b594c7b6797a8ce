"""Bounds hold, or what gave way is reported: nothing is relaxed in silence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.constraints.bounds import Bounds
from components.values import Relaxed
from views import view


def bounds(max_weight=1.0, min_gross=0.0, max_gross=10.0, max_turnover=None):
    return Bounds(max_weight=max_weight, min_gross=min_gross, max_gross=max_gross, max_turnover=max_turnover)


def step(constraints, wanted, held=None, forecast=None):
    wanted_S = np.array(wanted, dtype=float)
    state = {"held_S": np.zeros(len(wanted_S)) if held is None else np.array(held, dtype=float)}
    seen = view([np.ones(len(wanted_S)) if forecast is None else forecast])
    return constraints.step(state, wanted_S, seen)[1]


def test_a_weight_is_cut_and_shared_out_to_nobody():
    found = step(bounds(max_weight=0.2), [0.5, -0.4, 0.1])
    np.testing.assert_allclose(found.weight_S, [0.2, -0.2, 0.1])
    assert found.relaxed == ()


def test_the_sum_of_sizes_is_scaled_down():
    np.testing.assert_allclose(step(bounds(max_gross=0.5), [0.6, -0.4]).weight_S, [0.3, -0.2])


def test_least_gross_is_reached_as_far_as_single_weights_allow():
    found = step(bounds(max_weight=0.4, min_gross=1.0), [0.3, -0.1, 0.05])
    assert np.abs(found.weight_S).sum() == pytest.approx(1.0)
    np.testing.assert_allclose(found.weight_S, [0.4, -0.4, 0.2])
    short = step(bounds(max_weight=0.1, min_gross=0.5), [0.3, 0.2, 0.0])
    np.testing.assert_allclose(short.weight_S, [0.1, 0.1, 0.0])
    assert short.relaxed == (Relaxed(constraint="min_gross", asked=0.5, reached=0.2),)


def test_part_of_the_way_within_the_turnover():
    found = step(bounds(max_turnover=0.2), [0.5, -0.5], held=[0.1, -0.1])
    np.testing.assert_allclose(found.weight_S, [0.2, -0.2])
    assert found.relaxed == ()


def test_what_has_to_be_closed_is_closed_and_told():
    found = step(bounds(max_turnover=0.2), [0.0, 0.6], held=[0.5, 0.1], forecast=[np.nan, 1.0])
    np.testing.assert_allclose(found.weight_S, [0.0, 0.1])
    assert found.relaxed == (Relaxed(constraint="max_turnover", asked=0.2, reached=0.5),)


def test_a_floor_above_the_ceiling_is_a_flaw():
    assert bounds(min_gross=2.0, max_gross=1.0).flaws() == ("min_gross 2 is above max_gross 1",)
    assert bounds(min_gross=1.0, max_gross=1.0).flaws() == ()


@settings(deadline=None, max_examples=300)
@given(
    seed=st.integers(0, 100_000),
    max_weight=st.floats(0.05, 1.0),
    min_gross=st.floats(0.0, 1.0),
    max_turnover=st.one_of(st.none(), st.floats(0.01, 1.0)),
)
def test_nothing_is_relaxed_in_silence(seed, max_weight, min_gross, max_turnover):
    rng = np.random.default_rng(seed)
    constraints = bounds(max_weight, min_gross, 1.0, max_turnover)
    state, held_S = constraints.start(4), np.zeros(4)
    for _ in range(8):
        forecast_S = np.where(rng.random(4) < 0.2, np.nan, 1.0)
        wanted_S = np.where(np.isnan(forecast_S), 0.0, rng.normal(0.0, 0.4, 4) * (rng.random(4) < 0.8))
        state, found = constraints.step(state, wanted_S, view([forecast_S]))
        sizes_S, said = np.abs(found.weight_S), {each.constraint for each in found.relaxed}
        turnover = np.abs(found.weight_S - held_S).sum()
        assert (sizes_S <= max_weight + 1e-12).all()
        assert sizes_S.sum() <= 1.0 + 1e-12
        assert ("min_gross" in said) == (sizes_S.sum() < min_gross - 1e-12)
        assert ("max_turnover" in said) == (max_turnover is not None and turnover > max_turnover + 1e-12)
        for each in found.relaxed:
            assert each.reached == {"min_gross": sizes_S.sum(), "max_turnover": turnover}[each.constraint]
        held_S = found.weight_S
