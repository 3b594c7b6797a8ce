"""Laws of metrics: what is said of a figure, and that it measures what it says is better."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from components.contracts import AccountMetric, ForecastMetric, Metric, OrderMetric, ReturnMetric
from components.contracts.metric import KINDS
from components.values import Float, Scored
from runner.composition.figures import figure, metrics
from runner.testing.data import account, scored
from runner.testing.law import law, require

ROWS = 240
LEVEL = 0.9
"""Of the quantile that is scored by metrics of quantiles."""


def _outcomes(kind: str, seed: int) -> tuple[Float, Float, Float]:
    """Outcomes, a nearly perfect forecast of them and one that knows nothing."""
    rng = np.random.default_rng(seed)
    y_M = rng.normal(size=ROWS)
    noise_M = rng.permutation(y_M) + rng.normal(size=ROWS)
    if kind != "direction":
        return y_M, y_M + 1e-3 * rng.normal(size=ROWS), noise_M
    label_M = (y_M > 0).astype(np.float64)
    return label_M, np.where(label_M > 0, 0.98, 0.02) + 0.01 * rng.random(ROWS), 1 / (1 + np.exp(-noise_M))


def _scored(metric: ForecastMetric, target: Any, forecast: Any, *, symbols: int = 4) -> Scored:
    """With a quantile as what is decided on where the metric is about quantiles."""
    return scored(target, forecast, symbols=symbols, quantile=LEVEL if metric.needs_quantiles else None)


def _quietly(metric: Any, *given: Any) -> float:
    """As a run asks: what overflows or divides by nothing becomes an undefined figure."""
    with np.errstate(all="ignore"):
        return float(metric.value(*given))


@law
def says(metric: Metric) -> None:
    """Label, unit and one sentence for readers who are no statisticians; a way that is better where it may lead."""
    require(metric.label and metric.unit, "it has no label or no unit")
    require(
        metric.says.endswith(".") and not re.search(r"\. ", metric.says), "`says` is not one sentence with a full stop"
    )
    require(len(metric.says) <= 200, f"`says` has {len(metric.says)} letters, 200 at most are read")
    require(metric.better in (-1, 0, 1), f"better is {metric.better}, not -1, 0 or 1")
    require(
        set(metric.leads) <= set(getattr(metric, "kinds", KINDS)), "it leads for kinds of target that it is not for"
    )
    require(metric.better or not metric.leads, "what may stand for all figures must say which way is better")


@law
def name_read_back(metric: Metric) -> None:
    """Its flat name is read back as it: gates and sweeps name it so."""
    span = "test" if isinstance(metric, ForecastMetric | OrderMetric) else "backtest"
    found = figure(f"{span}/{metric.name()}")
    require(metrics().get(metric.name()) == metric, f"the name {metric.name()} is another metric's")
    require(
        found is not None and found.metric == metric and not found.fold,
        f"{span}/{metric.name()} is read as something else",
    )
    require(found and found.words.startswith(metric.phrase or metric.label), "its words do not begin with its label")


@law
def knowing_is_better(metric: ForecastMetric) -> None:
    """A nearly perfect forecast is no worse than one that knows nothing, by the way that it says is better."""
    for kind in metric.kinds:
        y_M, sharp_M, noise_M = _outcomes(kind, 1)
        sharp, noise = (_quietly(metric, _scored(metric, y_M, f)) for f in (sharp_M, noise_M))
        require(
            metric.better * sharp >= metric.better * noise,
            f"a near perfect forecast has {sharp:.3g}, noise {noise:.3g}",
        )
        require(
            not metric.leads or sharp != noise, "it may stand for all figures and tells knowledge and noise not apart"
        )


@law
def pure(metric: ForecastMetric) -> None:
    """It changes no forecast and answers twice alike."""
    y_M, _, noise_M = _outcomes(metric.kinds[0], 2)
    given = _scored(metric, y_M, noise_M)
    for array in (given.forecast_M, given.target_M, given.lower_M, given.upper_M):
        assert array is not None
        array.flags.writeable = False
    first, again = _quietly(metric, given), _quietly(metric, _scored(metric, y_M, noise_M))
    require(first == again or (math.isnan(first) and math.isnan(again)), "it answers twice differently")


@law
def symbol_order(metric: ForecastMetric) -> None:
    """Which symbol of a date stands first plays no part."""
    y_M, _, noise_M = _outcomes(metric.kinds[0], 3)
    given = _scored(metric, y_M, noise_M)
    order = np.lexsort((np.random.default_rng(4).random(ROWS), given.timestamps_M))
    turned = replace(_scored(metric, y_M[order], noise_M[order]), fold_M=given.fold_M)
    one, other = _quietly(metric, given), _quietly(metric, turned)
    require(np.isclose(one, other, rtol=1e-9, equal_nan=True), "the order of the symbols of a date changes it")


@law
def degenerate(metric: Metric) -> None:
    """Of no rows, one row, constants and missing values it is a number or NaN and never raises: a run must not end
    for a figure."""
    nothing, one, constant = np.empty(0), np.array([0.3]), np.full(9, 0.01)
    holed = np.array([0.01, math.nan, -0.02, 0.0, 0.01, 0.0, math.nan, 0.03, 0.0])
    for what, values in (
        ("no values", nothing),
        ("one value", one),
        ("constants", constant),
        ("missing values", holed),
    ):
        if isinstance(metric, ForecastMetric):
            kept = values[np.isfinite(values)]
            given: tuple[Any, ...] = (
                _scored(metric, (kept > 0).astype(float) if "direction" in metric.kinds else kept, kept),
            )
        elif isinstance(metric, OrderMetric):
            given = (values, 5)
        elif isinstance(metric, ReturnMetric):
            given = (values, 252.0)
        else:
            given = (account(values), 252.0)
        try:
            found = _quietly(metric, *given)
        except Exception as error:
            require(False, f"of {what} it raises {type(error).__name__}: {error}")
        require(isinstance(found, float), f"of {what} it is no number")


@law
def better_order(metric: OrderMetric) -> None:
    """Better coefficients are better, and a date without one plays no part."""
    ic_T = np.random.default_rng(5).normal(0.01, 0.1, 100)
    require(
        metric.better * metric.value(ic_T + 0.2, 5) >= metric.better * metric.value(ic_T, 5), "better order is worse"
    )
    with_gap = metric.value(np.append(ic_T, math.nan), 5)
    require(np.isclose(with_gap, metric.value(ic_T, 5)), "a date without a coefficient changes it")


@law
def more_is_better(metric: ReturnMetric) -> None:
    """More at every bar is not worse, by the way that it says is better."""
    returns_T = np.random.default_rng(6).normal(0.0, 0.01, 500)
    returns_T[0] = math.nan
    more, less = _quietly(metric, returns_T + 0.002, 252.0), _quietly(metric, returns_T, 252.0)
    require(metric.better * more >= metric.better * less, "more at every bar is worse")


@law
def cost_is_not_better(metric: AccountMetric) -> None:
    """More cost and more trading is not better."""
    returns_T = np.random.default_rng(7).normal(0.0, 0.01, 500)
    little, much = account(returns_T), account(returns_T, cost=3.0, notional=-500.0)
    found = [metric.better * _quietly(metric, each, 252.0) for each in (much, little)]
    require(found[0] <= found[1], "more cost and more trading is better")
