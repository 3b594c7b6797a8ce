"""Laws of calibrations: a correction that is learnt out of sample, turns no order round and can be written down."""

import json

import numpy as np

from components.contracts import Calibration, FittedCalibration
from components.errors import DataError
from components.values import Calibrated, Float
from runner.testing.data import forecasts, same, snapshot
from runner.testing.law import law, require

ROWS = 400


def _past(calibration: Calibration, *, seed: int = 0, rows: int = ROWS) -> tuple[Float, Float]:
    """Forecasts of a kind that it understands, and outcomes."""
    rng = np.random.default_rng(seed)
    kind = "direction" if calibration.needs_probabilities else calibration.forecast_kind[0]
    forecast_N = forecasts(kind, (rows,), seed=seed)
    if kind == "direction":
        return forecast_N, (rng.random(rows) < forecast_N).astype(np.float64)
    return forecast_N, forecast_N + 0.5 * forecast_N.std() * rng.normal(size=rows)


def _fitted(calibration: Calibration) -> FittedCalibration:
    return calibration.fit(*_past(calibration))


def _arrays(found: Calibrated) -> list[Float]:
    return [array for array in (found.forecast_N, found.lower_N, found.upper_N) if array is not None]


@law
def deterministic(calibration: Calibration) -> None:
    """Same forecasts and outcomes, same state; which restores it to the bit, through JSON."""
    one, other = _fitted(calibration), _fitted(calibration)
    text = json.dumps(one.state(), allow_nan=False)
    require(text == json.dumps(other.state(), allow_nan=False), "two fits on the same rows differ")
    restored = calibration.restore(json.loads(text))
    forecast_N = _past(calibration, seed=5)[0]
    pairs = zip(_arrays(one.apply(forecast_N)), _arrays(restored.apply(forecast_N)), strict=True)
    require(all(same(a, b) for a, b in pairs), "restored from its state it calibrates otherwise")


@law
def input_unchanged(calibration: Calibration) -> None:
    """It changes neither what it learns from nor what it calibrates."""
    forecast_N, y_N = _past(calibration)
    before = snapshot(forecast_N, y_N)
    calibration.fit(forecast_N, y_N).apply(forecast_N)
    require(before == snapshot(forecast_N, y_N), "it changes the forecasts or the outcomes that it is given")


@law
def order_kept(calibration: Calibration) -> None:
    """It never turns the order of forecasts round: what was best stays best or ties."""
    forecast_N = np.sort(_past(calibration, seed=5)[0])
    found_N = _fitted(calibration).apply(forecast_N).forecast_N
    require(found_N.shape == forecast_N.shape and np.isfinite(found_N).all(), "its forecasts are not finite, one a row")
    require((np.diff(found_N) >= 0).all(), "it turns the order of two forecasts round")


@law
def each_alone(calibration: Calibration) -> None:
    """Each forecast is calibrated from itself: alone as among others."""
    forecast_N, fitted = _past(calibration, seed=5)[0], _fitted(calibration)
    for whole, one in zip(_arrays(fitted.apply(forecast_N)), _arrays(fitted.apply(forecast_N[3:4])), strict=True):
        require(same(whole[3:4], one), "a calibrated forecast depends on the others")


@law
def intervals(calibration: Calibration) -> None:
    """Intervals where it promises them, and only there; each holds its forecast and, out of sample, about as many
    outcomes as it says."""
    forecast_N, y_N = _past(calibration, seed=5)
    found, coverage = _fitted(calibration).apply(forecast_N), calibration.interval_coverage()
    has = found.lower_N is not None and found.upper_N is not None
    require(has == (coverage is not None), "interval_coverage() and the intervals that it gives disagree")
    if found.lower_N is None or found.upper_N is None or coverage is None:
        return
    inside = (found.lower_N <= found.forecast_N) & (found.forecast_N <= found.upper_N)
    require(inside.all(), "a forecast lies outside its own interval")
    hit = float(((found.lower_N <= y_N) & (y_N <= found.upper_N)).mean())
    require(abs(hit - coverage) < 0.15, f"its intervals hold {hit:.0%} of like outcomes, {coverage:.0%} are promised")


@law
def survives(calibration: Calibration) -> None:
    """Few and degenerate forecasts: a finite result or a DataError."""
    forecast_N, y_N = _past(calibration)
    for what, f, y in (
        ("no forecasts", forecast_N[:0], y_N[:0]),
        ("two forecasts", forecast_N[:2], y_N[:2]),
        ("constant forecasts", np.full(ROWS, forecast_N[0]), y_N),
        ("constant outcomes", forecast_N, np.full(ROWS, y_N[0])),
    ):
        try:
            found = calibration.fit(f, y).apply(forecast_N)
        except DataError:
            continue
        require(all(np.isfinite(array).all() for array in _arrays(found)), f"with {what} it is not finite")


@law
def carries(calibration: Calibration) -> None:
    """What carries state is a function of it: the state that it is given stays, shapes stay, the same steps give the
    same forecasts, and what is not known yet plays no part."""
    fitted = _fitted(calibration)
    forecast_TS = _past(calibration, seed=6, rows=90)[0].reshape(30, 3)
    matured_TS = np.vstack([np.full((2, 3), np.nan), forecast_TS[:-2] * 1.01])
    codes = np.arange(3)
    if not calibration.carries_state:
        require(not fitted.start(3, 2), "it starts with a state and does not declare carries_state")
        return
    runs: list[list[Float]] = []
    for last in (30, 20):
        state = fitted.start(3, 2)
        shapes = {name: array.shape for name, array in state.items()}
        given: list[Float] = []
        for forecast_S, matured_S in zip(forecast_TS[:last], matured_TS[:last], strict=True):
            before = snapshot(state, forecast_S, matured_S)
            after, found = fitted.step(state, codes, forecast_S, matured_S)
            require(before == snapshot(state, forecast_S, matured_S), "a step changes what it is given")
            require(
                {name: array.shape for name, array in after.items()} == shapes, "a step changes the shape of its state"
            )
            state = after
            given += _arrays(found)
        runs.append(given)
    require(all(same(a, b) for a, b in zip(*runs, strict=False)), "the same steps give other forecasts")
