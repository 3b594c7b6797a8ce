"""Small synthetic data for the laws, always from a seed.

Shape legend: R panel rows, N samples, F features, K targets, D decisions, S symbols, O outputs, T bars.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import LAST_LABEL
from components.panel import Panel
from components.values import BacktestResult, Float, Output, Outputs, PriceGrid, Resources, Samples, Scored, Time, View

DAY = np.timedelta64(1, "D")
START = np.datetime64("2015-01-05", "us")
DECIDED = Output(target="target", horizon_bars=1, statistic="mean")
RESOURCES = Resources(threads=1, workers=1, device="cpu", precision="float32")


def times(n: int) -> Time:
    """Days in order."""
    return START + np.arange(n) * DAY


def panel(*, seed: int = 0, symbols: int = 3, bars: int = 160, also: Sequence[str] = ()) -> Panel:
    """Daily bars of open, high, low, close, volume and further fields, that walk at random."""
    rng = np.random.default_rng(seed)
    n = symbols * bars
    close_SB = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (symbols, bars)), axis=1))
    close_R = close_SB.ravel()
    open_R = close_R * np.exp(rng.normal(0, 0.004, n))
    wide_R = np.exp(np.abs(rng.normal(0, 0.004, n)))
    values = {
        "open": open_R,
        "high": np.maximum(open_R, close_R) * wide_R,
        "low": np.minimum(open_R, close_R) / wide_R,
        "close": close_R,
        "volume": np.round(rng.lognormal(12, 0.5, n)),
    }
    values |= {name: rng.lognormal(0, 0.5, n) for name in also if name not in values}
    return Panel(
        symbols=tuple(f"S{s:02d}" for s in range(symbols)),
        offsets=np.arange(symbols + 1, dtype=np.int64) * bars,
        timestamps_R=np.tile(times(bars), symbols),
        fields=values,
    )


def bars(*, seed: int = 0, symbols: int = 3, length: int = 160) -> Bars:
    """The same, unjudged."""
    return Bars.of(panel(seed=seed, symbols=symbols, bars=length), where="bars of the laws")


def samples(
    columns: Sequence[str],
    *,
    seed: int = 0,
    rows: int = 90,
    symbols: int = 3,
    labels: str = "real",
    targets: int = 1,
) -> Samples:
    """Rows of several symbols, each in order of time, whose labels depend on the features and on chance."""
    rng = np.random.default_rng(seed)
    n = rows * symbols
    X_NF = rng.normal(size=(n, len(columns))).astype(np.float32)
    y_NK = rng.normal(size=(n, targets)) + X_NF[:, : min(2, len(columns))].sum(axis=1, keepdims=True)
    if labels == "binary" and LAST_LABEL in columns:
        place = list(columns).index(LAST_LABEL)
        X_NF[:, place] = X_NF[:, place] > 0
    return Samples.of(
        X_NF=X_NF,
        y_N=(y_NK > 0).astype(np.float64) if labels == "binary" else y_NK,
        columns=tuple(columns),
        timestamps_N=np.tile(times(rows), symbols),
        symbols_N=np.repeat(np.arange(symbols, dtype=np.int32), rows),
    )


def forecasts(kind: str, shape: tuple[int, ...], *, seed: int = 0) -> Float:
    """What a model would say: small returns, probabilities, or levels above 0."""
    drawn = np.random.default_rng(seed).normal(size=shape)
    if kind == "direction":
        return 1 / (1 + np.exp(-drawn))
    return np.exp(drawn) * 1e-2 if kind == "level" else 0.01 * drawn


def view(kind: str, *, seed: int = 0, decisions: int = 40, symbols: int = 5, missing: float = 0.15) -> View:
    """Decisions with forecasts that have intervals, of which some are missing, and bars with holes and groups."""
    rng = np.random.default_rng(seed + 1)
    middle_DS = forecasts(kind, (decisions, symbols), seed=seed)
    half_DS = 0.2 * np.abs(middle_DS) + 1e-3
    values_DSO = np.stack([middle_DS, middle_DS - half_DS, middle_DS + half_DS], axis=2)
    values_DSO[rng.random((decisions, symbols)) < missing] = np.nan
    early = 70
    shape = (decisions + early, symbols)
    close_TS = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, shape), axis=0))
    past = {name: close_TS * (1 + 0.001 * i) for i, name in enumerate(("close", "open", "low", "high"))}
    past |= {"volume": rng.lognormal(12, 0.5, shape), "return": rng.normal(0, 0.01, shape)}
    decided = replace(DECIDED, statistic="probability", level=1.0) if kind == "direction" else DECIDED
    return View(
        decided_D=times(decisions + early)[early:],
        symbols=tuple(f"S{s:02d}" for s in range(symbols)),
        values_DSO=values_DSO,
        outputs=Outputs(columns=(decided,)).with_interval(0.9),
        bars_per_year=252.0,
        times_T=times(decisions + early),
        past=past,
        held_S=np.zeros(symbols),
    )


def prices(names: Sequence[str], *, seed: int = 0, length: int = 40, symbols: int = 3, holes: float = 0.1) -> PriceGrid:
    """Prices that walk, with bars missing."""
    rng = np.random.default_rng(seed)
    close_TS = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (length, symbols)), axis=0))
    hole_TS = rng.random((length, symbols)) < holes
    values = {name: rng.uniform(0.99, 1.01, close_TS.shape) * close_TS for name in names}
    values["close"] = close_TS
    if "volume" in names:
        values["volume"] = rng.uniform(1e4, 1e6, close_TS.shape)
    for grid_TS in values.values():
        grid_TS[hole_TS] = np.nan
    return PriceGrid(
        symbols=tuple(f"S{s:02d}" for s in range(symbols)),
        timestamps_T=times(length),
        fields=values,
        bars_per_year=252.0,
    )


def scored(
    target: Any,
    forecast: Any,
    *,
    symbols: int = 4,
    folds: int = 2,
    half_width: float = 1.0,
    quantile: float | None = None,
) -> Scored:
    """Rows side by side, symbols within dates, with intervals. quantile: that all forecasts are of; None: the mean."""
    rows = np.arange(len(target))
    forecast_M = np.asarray(forecast, dtype=np.float64)
    decided = DECIDED if quantile is None else replace(DECIDED, statistic="quantile", level=quantile)
    return Scored(
        span="test",
        timestamps_M=START + rows // symbols * DAY,
        symbols_M=(rows % symbols).astype(np.int32),
        fold_M=1 + rows * folds // max(len(rows), 1),
        forecast_M=forecast_M,
        target_M=np.asarray(target, dtype=np.float64),
        train_mean_M=np.full(len(rows), 0.1),
        lower_M=forecast_M - half_width,
        upper_M=forecast_M + half_width,
        coverage=0.9,
        outputs=None if quantile is None else Outputs(columns=(decided,)),
    )


def account(returns_T: Any, *, cost: float = 1.0, notional: float = 100.0) -> BacktestResult:
    """An account that earned these returns."""
    import pandas as pd

    equity_T = 1000 * np.cumprod(1 + np.nan_to_num(returns_T))
    stamps_T = times(len(equity_T))
    frame = {"timestamp": stamps_T, "equity": equity_T, "gross": 0.8, "net": -0.2, "return": returns_T}
    frame |= {"cost_commission": cost, "cost_borrow": 0.5}
    trades = {"filled_at": stamps_T[1::3], "notional": [notional] * len(stamps_T[1::3])}
    return BacktestResult(
        equity=pd.DataFrame(frame), trades=pd.DataFrame(trades), holdings_TS=np.zeros((len(equity_T), 1))
    )


def arrays(value: Any) -> dict[str, Any]:
    """Every array inside a value, by its place."""
    if isinstance(value, np.ndarray):
        return {"": value}
    if is_dataclass(value):
        parts = {each.name: getattr(value, each.name) for each in fields(value) if not each.name.startswith("_")}
    elif isinstance(value, dict) or hasattr(value, "items"):
        parts = dict(value.items())
    else:
        return {}
    return {
        f"{name}.{inner}".rstrip("."): found for name, part in parts.items() for inner, found in arrays(part).items()
    }


def snapshot(*values: Any) -> list[bytes]:
    """The bytes of all arrays inside some values, to see whether they were changed."""
    return [array.tobytes() for value in values for array in arrays(value).values()]


def same(one: Any, other: Any) -> bool:
    """Whether two arrays are equal to the bit, missing values included."""
    one, other = np.asarray(one), np.asarray(other)
    return bool(
        one.shape == other.shape
        and one.dtype == other.dtype
        and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    )
