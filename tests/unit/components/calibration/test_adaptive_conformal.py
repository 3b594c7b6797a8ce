"""Widths that follow the market: the promise is kept where a fixed width breaks it, and nothing is known too early."""

import numpy as np
import pytest

from components.calibration.adaptive_conformal import AdaptiveConformal
from components.calibration.conformal import Conformal
from components.errors import DataError
from runner.compute.carried import Carried, replayed

HORIZON = 3


def adaptive(coverage=0.9, rate=0.02, window=100):
    return AdaptiveConformal(coverage=coverage, rate=rate, window=window, source="valid")


def learnt(**changes):
    error_N = np.random.default_rng(0).normal(size=400)
    return adaptive(**changes).fit(np.zeros(400), error_N)


def market(bars=4000, symbols=2, seed=1):
    """(T, S) outcomes about a forecast of 0, three times as wild from the middle on."""
    scale_T = np.where(np.arange(bars) < bars // 2, 1.0, 3.0)
    return np.random.default_rng(seed).normal(size=(bars, symbols)) * scale_T[:, None]


def played(fitted, outcome_TS):
    """(T, S) half widths: at each bar the label of HORIZON bars before is known."""
    bars, symbols = outcome_TS.shape
    matured_TS = np.full(outcome_TS.shape, np.nan)
    matured_TS[HORIZON:] = outcome_TS[:-HORIZON]
    found = replayed(
        fitted,
        np.zeros(bars * symbols),
        matured_R=matured_TS.T.ravel().astype(np.float32),
        date_codes_R=np.tile(np.arange(bars), symbols),
        codes_R=np.repeat(np.arange(symbols), bars),
        symbols=symbols,
        horizon_bars=HORIZON,
    )
    return found.upper_N.reshape(symbols, bars).T


def test_the_promise_is_kept_after_the_market_has_changed():
    outcome_TS = market()
    late = slice(2000, None)
    covered = np.mean(np.abs(outcome_TS[late]) <= played(learnt(), outcome_TS)[late])
    fixed = Conformal(coverage=0.9, n_groups=1, source="valid").fit(
        np.zeros(400), np.random.default_rng(0).normal(size=400)
    )
    stale = np.mean(np.abs(outcome_TS[late]) <= fixed.apply(np.zeros(1)).upper_N[0])
    assert covered == pytest.approx(0.9, abs=0.015)
    assert stale < 0.5


def test_alpha_by_hand():
    """Gibbs & Candes 2021, eq. 2, with a label that comes HORIZON bars later."""
    fitted = learnt(rate=0.05)
    outcome_T = market(bars=60, symbols=1)[:, 0]
    half_T = played(fitted, outcome_T[:, None])[:, 0]
    alpha, errors = 0.1, list(fitted.errors_W)
    for t in range(60):
        if t >= HORIZON:
            missed = abs(np.float32(outcome_T[t - HORIZON])) > half_T[t - HORIZON]
            alpha += 0.05 * (0.1 - missed)
            errors = [*errors[1:], abs(float(np.float32(outcome_T[t - HORIZON])))]
        rank = int(np.clip(np.ceil(round(101 * (1 - alpha), 9)), 1, 100))
        assert half_T[t] == sorted(errors)[rank - 1]


def test_symbols_learn_apart():
    outcome_TS = market(bars=300)
    other_TS = outcome_TS.copy()
    other_TS[:, 1] *= 10
    np.testing.assert_array_equal(played(learnt(), outcome_TS)[:, 0], played(learnt(), other_TS)[:, 0])


@pytest.mark.parametrize("cut", [10, 57])
def test_no_width_depends_on_a_label_that_is_not_known(cut):
    outcome_TS = market(bars=100)
    other_TS = outcome_TS.copy()
    other_TS[cut - HORIZON + 1 :] *= 5
    before, after = played(learnt(), outcome_TS), played(learnt(), other_TS)
    np.testing.assert_array_equal(before[: cut + 1], after[: cut + 1])
    assert (before[cut + 1 :] != after[cut + 1 :]).any()


def test_at_the_start_it_is_the_split_conformal_interval():
    forecast_N, y_N = np.zeros(99), np.random.default_rng(3).normal(size=99)
    fixed = Conformal(coverage=0.9, n_groups=1, source="valid").fit(forecast_N, y_N).apply(np.zeros(1))
    found = adaptive(window=99).fit(forecast_N, y_N).apply(np.zeros(1))
    assert found.upper_N == fixed.upper_N
    assert found.lower_N == fixed.lower_N


def test_a_step_changes_nothing_it_is_given_and_the_order_of_symbols_decides_nothing():
    fitted = learnt()
    state = fitted.start(3, HORIZON)
    kept = {name: values.copy() for name, values in state.items()}
    forecast_N, matured_N = np.array([0.1, np.nan, 0.3]), np.full(3, np.nan, dtype=np.float32)
    straight, turned = Carried(fitted, state), Carried(fitted, state)
    codes_N, order = np.arange(3), np.array([2, 0, 1])
    found = straight.step(codes_N, forecast_N, matured_N)
    again = turned.step(codes_N[order], forecast_N[order], matured_N[order])
    np.testing.assert_array_equal(found.upper_N[order], again.upper_N)
    for name, values in state.items():
        np.testing.assert_array_equal(values, kept[name])
        np.testing.assert_array_equal(straight.state[name], turned.state[name])


def test_too_few_forecasts_are_refused():
    with pytest.raises(DataError) as caught:
        adaptive().fit(np.zeros(8), np.zeros(8))
    assert str(caught.value).startswith("coverage 0.9 needs at least 9 out-of-fold forecasts, there are 8")
