"""Laws that all constraints keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import Constraints
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path
from views import shuffled, view

CONSTRAINTS = [
    pytest.param(cls, example, id=f"{cls.__name__}-{number}")
    for cls in catalogue().values()
    if issubclass(cls, Constraints)
    for number, example in enumerate(cls.examples())
]


def made(cls, example):
    return build(Constraints, {"_target_": class_path(cls), **example}, path="constraints")


def asked(seed, dates=6, symbols=5):
    """(D, S) weights that a portfolio wants, 0 where it has no forecast, and what it sees."""
    rng = np.random.default_rng(seed)
    wanted_DS = rng.normal(0.0, rng.choice([0.05, 0.5]), (dates, symbols))
    missing_DS = rng.random(wanted_DS.shape) < 0.3
    seen = view(np.where(missing_DS, np.nan, rng.normal(size=wanted_DS.shape)))
    return np.where(missing_DS, 0.0, wanted_DS), seen


def run(constraints, wanted_DS, seen):
    state, found = constraints.start(wanted_DS.shape[1]), []
    for d, wanted_S in enumerate(wanted_DS):
        state, step = constraints.step(state, wanted_S, seen.until(d, decisions=1, bars=constraints.past_bars))
        found.append(step)
    return found


@pytest.mark.parametrize(("cls", "example"), CONSTRAINTS)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_no_decision_depends_on_a_later_one(cls, example, seed):
    constraints, (wanted_DS, seen) = made(cls, example), asked(seed)
    whole = run(constraints, wanted_DS, seen)
    for d in range(len(wanted_DS)):
        part = run(constraints, wanted_DS[: d + 1], seen)
        np.testing.assert_array_equal(part[-1].weight_S, whole[d].weight_S)
        assert part[-1].relaxed == whole[d].relaxed


@pytest.mark.parametrize(("cls", "example"), CONSTRAINTS)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_symbols_decides_nothing(cls, example, seed):
    constraints, (wanted_DS, seen) = made(cls, example), asked(seed)
    order = np.random.default_rng(seed).permutation(wanted_DS.shape[1])
    straight, other = run(constraints, wanted_DS, seen), run(constraints, wanted_DS[:, order], shuffled(seen, order))
    for one, again in zip(straight, other, strict=True):
        np.testing.assert_allclose(again.weight_S, one.weight_S[order], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("cls", "example"), CONSTRAINTS)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_weights_are_finite_and_zero_without_a_forecast_and_nothing_given_is_changed(cls, example, seed):
    constraints, (wanted_DS, seen) = made(cls, example), asked(seed)
    before_DS = wanted_DS.copy()
    for d, step in enumerate(run(constraints, wanted_DS, seen)):
        assert np.isfinite(step.weight_S).all()
        assert (step.weight_S[np.isnan(seen.forecast_DS[d])] == 0).all()
    np.testing.assert_array_equal(wanted_DS, before_DS)


@pytest.mark.parametrize(("cls", "example"), CONSTRAINTS)
def test_what_it_carries_is_arrays_of_fixed_shapes(cls, example):
    constraints, (wanted_DS, seen) = made(cls, example), asked(1)
    state = constraints.start(wanted_DS.shape[1])
    shapes = {name: (values.shape, values.dtype) for name, values in state.items()}
    kept = {name: values.copy() for name, values in state.items()}
    after, _ = constraints.step(state, wanted_DS[0], seen.until(0, decisions=1, bars=1))
    assert {name: (values.shape, values.dtype) for name, values in after.items()} == shapes
    for name, values in state.items():
        np.testing.assert_array_equal(values, kept[name])
