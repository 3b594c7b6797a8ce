"""The flat figures of a run: name -> number, NaN where a figure is undefined.

valid/<name>, test/<name>             the model's forecasts; <name>_fold_<k> on fold k alone
valid/<baseline>/<name>, test/...     a baseline's forecasts of the same rows
backtest/<name>, benchmark/<name>     the portfolio, and the same average exposure held constant
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from components.contracts import Kind
from components.statistics import calibration, cross_section, forecast, performance, sharpe
from components.statistics.comparison import per_timestamp
from components.statistics.newey_west import mean_test
from components.values import BacktestResult, Float, Scored

if TYPE_CHECKING:
    import pandas as pd

Metric = Callable[[Scored], float]


def _of(function: Callable[[Float, Float], float]) -> Metric:
    return lambda scored: function(scored.target_M, scored.forecast_M)


REAL: Mapping[str, Metric] = {
    "r2": _of(forecast.r2),
    "r2_train_mean": lambda s: forecast.r2_against(s.target_M, s.forecast_M, s.train_mean_M),
    "mse": _of(forecast.mse),
    "rmse": _of(forecast.rmse),
    "mae": _of(forecast.mae),
    "bias": _of(forecast.bias),
    "correlation": _of(forecast.correlation),
    "variance_ratio": _of(forecast.variance_ratio),
    "calibration_slope": _of(forecast.calibration_slope),
}
METRICS: Mapping[Kind, Mapping[str, Metric]] = {
    # qlike is meant for log variances, the usual level; for another level it is a skewed squared error.
    "level": {**REAL, "qlike": _of(forecast.qlike)},
    "return": {**REAL, "direction_accuracy": _of(forecast.direction_accuracy)},
    "direction": {
        "accuracy": _of(forecast.accuracy),
        "base_rate": lambda s: forecast.base_rate(s.target_M),
        "positive_share": lambda s: forecast.mean((s.forecast_M > 0.5).astype(np.float64)),
        "log_loss": _of(forecast.log_loss),
        "brier": _of(forecast.brier),
        "auc": _of(forecast.auc),
        "calibration_error": _of(calibration.calibration_error),
    },
}
PER_FOLD: Mapping[Kind, tuple[str, ...]] = {
    "level": ("r2", "r2_train_mean", "mse"),
    "return": ("r2", "r2_train_mean", "mse", "direction_accuracy"),
    "direction": ("accuracy", "base_rate", "auc", "log_loss"),
}


def run_metrics(
    *,
    valid: Scored,
    test: Scored,
    kind: Kind,
    horizon_bars: int,
    backtest: BacktestResult,
    benchmark: BacktestResult,
    bars_per_year: float,
) -> dict[str, float]:
    """Every figure of a run under its full name."""
    figures: dict[str, float] = {}
    for scored in (valid, test):
        figures |= _prefixed(scored.span, score(scored, kind, horizon_bars))
        for name, baseline_M in scored.baselines.items():
            rival = replace(scored, forecast_M=baseline_M, lower_M=None, upper_M=None, coverage=None)
            figures |= _prefixed(f"{scored.span}/{name}", score(rival, kind, horizon_bars))
    for name, result in (("backtest", backtest), ("benchmark", benchmark)):
        figures |= _prefixed(name, backtest_metrics(result.equity, result.trades, bars_per_year))
    return figures


def score(scored: Scored, kind: Kind, horizon_bars: int) -> dict[str, float]:
    """Figures of scored forecasts, over all rows and per fold.

    level, return: errors in the target's unit, r2 around the pooled mean, r2_train_mean against the mean
    label of the training rows; direction: accuracy at 1/2, base_rate of the more frequent label,
    positive_share of forecasts above 1/2, log_loss (nats), brier, auc, calibration_error. Where a date has 3
    symbols or more, ic and rank_ic are means over dates and ic_t, rank_ic_t their t statistics, robust to the
    overlap of horizon_bars. Where there are intervals: interval_coverage (share), interval_width and
    interval_score (target's unit).
    """
    metrics = METRICS[kind]
    with np.errstate(all="ignore"):
        figures = {name: metric(scored) for name, metric in metrics.items()}
        for fold in np.unique(scored.fold_M):
            rows = _rows(scored, scored.fold_M == fold)
            figures |= {f"{name}_fold_{fold}": metrics[name](rows) for name in PER_FOLD[kind]}
            figures |= {f"{name}_fold_{fold}": value for name, value in _intervals(rows).items()}
        figures |= _intervals(scored)
        figures |= _order(scored, horizon_bars)
    return _finite(figures)


def backtest_metrics(equity: "pd.DataFrame", trades: "pd.DataFrame", bars_per_year: float) -> dict[str, float]:
    """Figures of a backtest; fractions, annual where the name or convention says so.

    Those of `return_metrics`; turnover_annual: traded notional, bought and sold, over the equity of its bar, per year;
    cost_annual: costs over the equity of their bar, per year; exposure_gross, exposure_net: mean
    fractions of equity; n_trades; years.
    """
    returns_T = equity["return"].to_numpy(dtype=np.float64)
    equity_T = equity["equity"].to_numpy(dtype=np.float64)
    years = len(performance.known(returns_T)) / bars_per_year
    costs_T = _total(equity, "cost_")
    with np.errstate(all="ignore"):
        figures = {
            **return_metrics(returns_T, bars_per_year),
            "turnover_annual": _traded(equity, trades, equity_T) / years if years else math.nan,
            "cost_annual": _share(costs_T, equity_T) / years if years else math.nan,
            "exposure_gross": forecast.mean(equity["gross"].to_numpy(dtype=np.float64)),
            "exposure_net": forecast.mean(equity["net"].to_numpy(dtype=np.float64)),
            "n_trades": float(len(trades)),
            "years": years,
        }
    return _finite(figures)


def return_metrics(returns_T: Float, bars_per_year: float) -> dict[str, float]:
    """Figures of net returns per bar; fractions, annual where the name or convention says so.

    sharpe, sortino, cagr, volatility, max_drawdown, calmar, hit_rate (conventions of
    components.statistics.performance), psr: probability that the true Sharpe ratio is above 0; total_return.
    """
    with np.errstate(all="ignore"):
        figures = {
            "sharpe": performance.sharpe_ratio(returns_T, bars_per_year),
            "sortino": performance.sortino_ratio(returns_T, bars_per_year),
            "cagr": performance.annual_return(returns_T, bars_per_year),
            "volatility": performance.annual_volatility(returns_T, bars_per_year),
            "max_drawdown": performance.max_drawdown(returns_T),
            "calmar": performance.calmar_ratio(returns_T, bars_per_year),
            "hit_rate": performance.hit_rate(returns_T),
            "psr": sharpe.probabilistic_sharpe(sharpe.sharpe_sample(returns_T)),
            "total_return": float(performance.wealth(returns_T)[-1]) - 1,
        }
    return _finite(figures)


def _intervals(scored: Scored) -> dict[str, float]:
    """How often and how narrowly intervals hold the outcome; nothing where there are none."""
    if scored.lower_M is None or scored.upper_M is None or scored.coverage is None:
        return {}
    ends = (scored.target_M, scored.lower_M, scored.upper_M)
    return {
        "interval_coverage": calibration.interval_coverage(*ends),
        "interval_width": calibration.interval_width(*ends),
        "interval_score": calibration.interval_score(*ends, scored.coverage),
    }


def _order(scored: Scored, horizon_bars: int) -> dict[str, float]:
    """How well symbols are ordered, in all and per fold; nothing where no date has enough symbols."""
    section_M = cross_section.cross_sections(scored.timestamps_M, scored.fold_M)
    if np.bincount(section_M).max(initial=0) < cross_section.MIN_SYMBOLS:
        return {}
    _, first_G = np.unique(section_M, return_index=True)
    stamps_G, fold_G = scored.timestamps_M[first_G], scored.fold_M[first_G]
    figures: dict[str, float] = {}
    for name, ranked in (("ic", False), ("rank_ic", True)):
        ic_G = cross_section.section_coefficients(scored.target_M, scored.forecast_M, section_M, ranked=ranked)
        test = mean_test(per_timestamp(ic_G, stamps_G), horizon_bars)
        figures |= {name: test.mean, f"{name}_t": test.t}
        for fold in np.unique(fold_G):
            figures[f"{name}_fold_{fold}"] = forecast.mean(performance.known(ic_G[fold_G == fold]))
    return figures


def _rows(scored: Scored, keep_M: npt.NDArray[np.bool_]) -> Scored:
    return replace(
        scored,
        timestamps_M=scored.timestamps_M[keep_M],
        symbols_M=scored.symbols_M[keep_M],
        fold_M=scored.fold_M[keep_M],
        forecast_M=scored.forecast_M[keep_M],
        target_M=scored.target_M[keep_M],
        train_mean_M=scored.train_mean_M[keep_M],
        baselines={},
        lower_M=None if scored.lower_M is None else scored.lower_M[keep_M],
        upper_M=None if scored.upper_M is None else scored.upper_M[keep_M],
    )


def _total(frame: "pd.DataFrame", prefix: str) -> Float:
    """(T,) sum of the columns whose name starts with the prefix."""
    columns = [frame[name].to_numpy(dtype=np.float64) for name in frame if str(name).startswith(prefix)]
    return np.sum(columns, axis=0) if columns else np.zeros(len(frame))


def _traded(equity: "pd.DataFrame", trades: "pd.DataFrame", equity_T: Float) -> float:
    """Sum over fills of |notional| over the equity of their bar."""
    if len(trades) == 0:
        return 0.0
    stamps_T = equity["timestamp"].to_numpy()
    bar = np.searchsorted(stamps_T, trades["filled_at"].to_numpy().astype(stamps_T.dtype))
    notional = np.abs(trades["notional"].to_numpy(dtype=np.float64))
    notional_T = np.zeros(len(equity_T))
    np.add.at(notional_T, bar, notional)
    return _share(notional_T, equity_T)


def _share(amount_T: Float, equity_T: Float) -> float:
    """Sum of the amounts over the equity of their bar, while there is any."""
    alive_T = equity_T > 0
    return float(np.sum(amount_T[alive_T] / equity_T[alive_T]))


def _prefixed(prefix: str, figures: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in figures.items()}


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: value if math.isfinite(value) else math.nan for name, value in figures.items()}
