"""Ways to choose: each reads what it says, and none does better than hindsight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.statistics.sharpe import deflated_sharpe, probabilistic_sharpe, sharpe_sample
from runner.studies.choosing import HINDSIGHT, NOBODY, RULES, by_deflated_sharpe, by_validation, chosen, got
from runner.studies.results import Trials, Values

YEAR = 252


def of(n: int, **columns: Values) -> Trials:
    empty: Values = (None,) * n
    names = ("valid", "steady", "test", "sharpe", "psr")
    return Trials(number=tuple(range(n)), **{**dict.fromkeys(names, empty), **columns})  # type: ignore[arg-type]


def test_the_deflated_sharpe_ratio_from_a_ratio_and_its_psr_is_that_of_the_returns() -> None:
    returns_TK = 0.01 * np.random.default_rng(2).standard_t(4, (800, 6)) + np.linspace(-3e-4, 5e-4, 6)
    samples = [sharpe_sample(returns_TK[:, k]) for k in range(6)]
    ratios = tuple(sample.sharpe * YEAR**0.5 for sample in samples)
    found = by_deflated_sharpe(of(6, sharpe=ratios, psr=tuple(probabilistic_sharpe(each) for each in samples)), 1)
    variance = float(np.var([sample.sharpe for sample in samples], ddof=1))
    assert found == pytest.approx([deflated_sharpe(s, trials_variance=variance, n_trials=6) for s in samples], rel=1e-6)


def test_what_cannot_be_deflated_is_not_chosen() -> None:
    ratios, sure = (1.0, None, 0.0, 2.0), (0.8, None, 0.5, 1.0)
    assert [value is None for value in by_deflated_sharpe(of(4, sharpe=ratios, psr=sure), 1)] == [
        False,
        True,
        True,
        True,
    ]
    assert by_deflated_sharpe(of(1, sharpe=(1.0,), psr=(0.8,)), 1) == (None,)


def test_where_less_is_better_the_smallest_is_chosen() -> None:
    trials = of(3, valid=(0.3, 0.1, None), test=(9.0, 8.0, 1.0))
    assert (chosen(trials, by_validation, -1), chosen(trials, by_validation, 1)) == (1, 0)
    assert [got(trials, rule, trials.test, -1) for rule in ("validation metric", NOBODY, HINDSIGHT)] == [8.0, 6.0, 1.0]


def test_a_rule_that_knows_nothing_chooses_nothing() -> None:
    assert {got(of(3, test=(1.0, 2.0, 3.0)), rule, (1.0, 2.0, 3.0), 1) for rule in RULES} == {None}
    assert got(of(3), HINDSIGHT, (None, None, None), 1) is None


finite = st.floats(-1, 1)


@given(
    st.lists(st.tuples(finite, finite, finite, finite, finite, st.floats(0.01, 0.99)), min_size=2, max_size=8),
    st.sampled_from([-1, 1]),
)
def test_hindsight_is_never_worse(rows: list[tuple[float, ...]], better: int) -> None:
    valid, steady, test, later, sharpe, psr = map(tuple, zip(*rows, strict=True))
    trials = of(len(rows), valid=valid, steady=steady, test=test, sharpe=sharpe, psr=psr)
    best = got(trials, HINDSIGHT, later, better)
    assert best is not None
    for rule in (*RULES, NOBODY):
        value = got(trials, rule, later, better)
        assert value is None or better * value <= better * best + 1e-12
