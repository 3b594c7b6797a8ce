"""The flat figures of a run: name -> number, NaN where a figure is undefined; `composition.figures` reads names."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from components.contracts import AccountMetric, ForecastMetric, Kind, Metric, OrderMetric, ReturnMetric
from components.errors import ContractError
from components.statistics.comparison import per_timestamp
from components.statistics.cross_section import MIN_SYMBOLS, cross_sections, section_coefficients
from components.statistics.distinct import distinct
from components.values import BacktestResult, Float, Scored
from runner.composition.figures import OUTPUT, fits_further
from runner.composition.schema import class_path


def run_metrics(
    *,
    metrics: Mapping[str, Metric],
    valid: Scored,
    test: Scored,
    kind: Kind,
    horizon_bars: int,
    backtest: BacktestResult,
    benchmark: BacktestResult,
    bars_per_year: float,
) -> dict[str, float]:
    """Every figure of a run under its full name."""
    found: dict[str, float] = {}
    for scored in (valid, test):
        found |= _prefixed(scored.span, score(scored, metrics, kind, horizon_bars))
        for name, baseline_M in scored.baselines.items():
            rival = replace(scored, forecast_M=baseline_M, lower_M=None, upper_M=None, coverage=None, outputs=None)
            found |= _prefixed(f"{scored.span}/{name}", score(rival, metrics, kind, horizon_bars))
        for name, other in further_outputs(scored):
            found |= _prefixed(f"{scored.span}/{name}", score_further(other, metrics, kind))
    for name, result in (("backtest", backtest), ("benchmark", benchmark)):
        found |= _prefixed(name, account_metrics(result, metrics, bars_per_year))
    return found


def score(scored: Scored, metrics: Mapping[str, Metric], kind: Kind, horizon_bars: int) -> dict[str, float]:
    """Figures of scored forecasts by every one of the metrics that fits them, over all rows and per fold."""
    fitting = _fitting(scored, metrics, kind)
    found = {metric.name(): _value(metric, scored) for metric in fitting}
    by_fold = [metric for metric in fitting if metric.per_fold]
    for fold in distinct(scored.fold_M):
        rows = _rows(scored, scored.fold_M == fold)
        found |= {f"{metric.name()}_fold_{fold}": _value(metric, rows) for metric in by_fold}
    return found | _order(scored, metrics, horizon_bars)


def score_whole(scored: Scored, metrics: Mapping[str, Metric], kind: Kind, horizon_bars: int) -> dict[str, float]:
    """The same over all rows alone."""
    found = {metric.name(): _value(metric, scored) for metric in _fitting(scored, metrics, kind)}
    return found | _order(scored, metrics, horizon_bars, by_fold=False)


def _fitting(scored: Scored, metrics: Mapping[str, Metric], kind: Kind) -> list[ForecastMetric]:
    quantiles = scored.outputs is not None and scored.outputs.decided.statistic == "quantile"
    return [
        metric
        for metric in metrics.values()
        if isinstance(metric, ForecastMetric)
        and kind in metric.kinds
        and (scored.lower_M is not None or not metric.needs_intervals)
        and (quantiles or not metric.needs_quantiles)
    ]


def further_outputs(scored: Scored) -> Iterator[tuple[str, Scored]]:
    """(name, scored) of every output but the one that is decided on: as if that one were, where its target is known;
    nothing of one that has no forecast."""
    outputs, values_MO, targets_MK = scored.outputs, scored.values_MO, scored.targets_MK
    if outputs is None or values_MO is None or targets_MK is None:
        return
    for place, output in enumerate(outputs.columns):
        target_M = targets_MK[:, scored.target_names.index(output.target)]
        known_M = np.isfinite(target_M) & np.isfinite(values_MO[:, place])
        if place == outputs.decision or not known_M.any():
            continue
        as_decided = replace(
            scored,
            forecast_M=values_MO[:, place],
            target_M=target_M,
            train_mean_M=np.full(len(target_M), np.nan),
            lower_M=None,
            upper_M=None,
            coverage=None,
            outputs=replace(outputs, decision=place),
        )
        yield f"{OUTPUT}{output.name}", _rows(as_decided, known_M)


def score_further(scored: Scored, metrics: Mapping[str, Metric], kind: Kind) -> dict[str, float]:
    """Figures of another output over all folds: of a quantile those of quantiles alone, since any other would take it
    for a mean."""
    assert scored.outputs is not None
    output = scored.outputs.decided
    fitting = {name: metric for name, metric in metrics.items() if fits_further(metric, output)}
    found = score(scored, fitting, kind, output.horizon_bars)
    return {name: value for name, value in found.items() if name in metrics}


def account_metrics(account: BacktestResult, metrics: Mapping[str, Metric], bars_per_year: float) -> dict[str, float]:
    """Figures of an account: of its net returns, and of its equity and trades."""
    returns_T = account.equity["return"].to_numpy(dtype=np.float64)
    of_account = {
        name: _value(m, account, bars_per_year) for name, m in metrics.items() if isinstance(m, AccountMetric)
    }
    return {**return_metrics(returns_T, metrics, bars_per_year), **of_account}


def return_metrics(returns_T: Float, metrics: Mapping[str, Metric], bars_per_year: float) -> dict[str, float]:
    """Figures of net returns per bar."""
    return {name: _value(m, returns_T, bars_per_year) for name, m in metrics.items() if isinstance(m, ReturnMetric)}


def _order(
    scored: Scored, metrics: Mapping[str, Metric], horizon_bars: int, *, by_fold: bool = True
) -> dict[str, float]:
    """How well symbols are ordered, in all and per fold; nothing where no date has enough symbols."""
    if len(scored.symbols_M) == 0 or np.ptp(scored.symbols_M) + 1 < MIN_SYMBOLS:
        return {}
    section_M = cross_sections(scored.timestamps_M, scored.fold_M)
    if np.bincount(section_M).max(initial=0) < MIN_SYMBOLS:
        return {}
    _, first_G = np.unique(section_M, return_index=True)
    stamps_G, fold_G = scored.timestamps_M[first_G], scored.fold_M[first_G]
    found: dict[str, float] = {}
    orders = {name: metric for name, metric in metrics.items() if isinstance(metric, OrderMetric)}
    for ranked in sorted({metric.ranked for metric in orders.values()}):
        with np.errstate(all="ignore"):
            ic_G = section_coefficients(scored.target_M, scored.forecast_M, section_M, ranked=ranked)
        for name, metric in orders.items():
            if metric.ranked != ranked:
                continue
            found[name] = _value(metric, per_timestamp(ic_G, stamps_G), horizon_bars)
            for fold in np.unique(fold_G) if metric.per_fold and by_fold else ():
                found[f"{name}_fold_{fold}"] = _value(metric, ic_G[fold_G == fold], horizon_bars)
    return found


def _value(metric: Metric, *given: object) -> float:
    """The metric's figure, NaN where it is not finite. Raises ContractError naming a metric that breaks."""
    try:
        with np.errstate(all="ignore"):
            value = float(metric.value(*given))  # type: ignore[attr-defined]  # each kind has its own arguments
    except Exception as error:
        where = class_path(type(metric))
        raise ContractError(f"{where}: value raised {type(error).__name__}: {error}; mend the metric") from error
    return value if math.isfinite(value) else math.nan


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


def _prefixed(prefix: str, found: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in found.items()}
