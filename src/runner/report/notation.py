"""How numbers are written: by name of the metric, missing ones as a dash."""

import math
from dataclasses import dataclass
from typing import Any, Literal

DASH = "–"

Style = Literal["significant", "three decimals", "percent", "fine percent", "two decimals", "times", "count"]


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How one metric is named and written.

    better: +1 where more is better, -1 where less is, 0 where neither; brief: shown on the terminal too.
    """

    label: str
    style: Style
    better: Literal[-1, 0, 1]
    brief: bool = False


def _notation(label: str, style: Style, better: Literal[-1, 0, 1], *, brief: bool = False) -> Notation:
    return Notation(label=label, style=style, better=better, brief=brief)


FORECAST = {
    "r2": _notation("R²", "three decimals", 1, brief=True),
    "r2_train_mean": _notation("R² against train mean", "three decimals", 1),
    "mse": _notation("Mean squared error", "significant", -1, brief=True),
    "rmse": _notation("Root mean squared error", "significant", -1),
    "mae": _notation("Mean absolute error", "significant", -1),
    "qlike": _notation("QLIKE loss", "significant", -1, brief=True),
    "bias": _notation("Bias (forecast − outcome)", "significant", 0),
    "correlation": _notation("Correlation", "three decimals", 1, brief=True),
    "calibration_slope": _notation("Calibration slope (ideal: 1)", "three decimals", 0),
    "variance_ratio": _notation("Variance of forecast / outcome", "three decimals", 0),
    "direction_accuracy": _notation("Direction accuracy", "percent", 1, brief=True),
    "accuracy": _notation("Accuracy", "percent", 1, brief=True),
    "base_rate": _notation("Base rate (larger class)", "percent", 0, brief=True),
    "positive_share": _notation("Share of 'up' calls", "percent", 0),
    "log_loss": _notation("Log loss", "significant", -1, brief=True),
    "brier": _notation("Brier score", "significant", -1),
    "auc": _notation("Area under ROC curve", "three decimals", 1, brief=True),
    "calibration_error": _notation("Calibration error", "percent", -1),
    "interval_coverage": _notation("Outcomes within their interval", "percent", 0),
    "interval_width": _notation("Mean width of the interval", "significant", 0),
    "interval_score": _notation("Interval score", "significant", -1),
    "ic": _notation("Mean IC (information coefficient)", "three decimals", 1),
    "ic_t": _notation("IC, t statistic", "two decimals", 1),
    "rank_ic": _notation("Mean rank IC", "three decimals", 1, brief=True),
    "rank_ic_t": _notation("Rank IC, t statistic", "two decimals", 1, brief=True),
}

PORTFOLIO = {
    "sharpe": _notation("Sharpe ratio", "two decimals", 1, brief=True),
    "sortino": _notation("Sortino ratio", "two decimals", 1),
    "cagr": _notation("Return per year", "percent", 1, brief=True),
    "volatility": _notation("Volatility per year", "percent", 0, brief=True),
    "max_drawdown": _notation("Deepest drawdown", "percent", 1, brief=True),
    "calmar": _notation("Calmar ratio", "two decimals", 1),
    "omega": _notation("Omega ratio", "two decimals", 1),
    "hit_rate": _notation("Winning bars", "percent", 1),
    "total_return": _notation("Return in all", "percent", 1),
    "psr": _notation("Probability that the true Sharpe exceeds 0", "percent", 1),
    "exposure_gross": _notation("Average gross exposure", "percent", 0),
    "exposure_net": _notation("Average net exposure", "percent", 0),
    "n_trades": _notation("Trades", "count", 0),
    "turnover_annual": _notation("Turnover per year (x equity)", "times", -1, brief=True),
    "cost_annual": _notation("Costs per year (of equity)", "fine percent", -1, brief=True),
    "years": _notation("Years", "two decimals", 0),
}


def describe(name: str) -> Notation:
    """How a metric is written; one that nobody described is written with its own name."""
    known = FORECAST.get(name) or PORTFOLIO.get(name)
    return known or _notation(name.replace("_", " "), "significant", 0)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def write(value: Any, style: Style) -> str:
    """A number in its style; a dash where it is missing, NaN or infinite."""
    if not is_number(value):
        return DASH
    if style == "percent":
        return f"{_unsigned_zero(100 * value, 1):.1f} %"
    if style == "fine percent":
        return f"{_unsigned_zero(100 * value, 2):.2f} %"
    if style == "count":
        return count(value)
    if style == "times":
        return f"{value:.1f} x"
    if style == "two decimals":
        return f"{_unsigned_zero(value, 2):.2f}"
    if style == "three decimals":
        return f"{_unsigned_zero(value, 3):.3f}"
    return significant(value)


def significant(value: Any) -> str:
    """Four significant digits, without exponent where that is readable."""
    if not is_number(value):
        return DASH
    if abs(value) < 1e-12:
        return "0"  # what rounding leaves of a zero
    if 1e-4 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.3e}"


def count(value: Any) -> str:
    return f"{value:,.0f}" if is_number(value) else DASH


def seconds(value: Any) -> str:
    return f"{value:.2f} s" if is_number(value) else DASH


def money(value: Any) -> str:
    return f"{_unsigned_zero(value, 0):,.0f}" if is_number(value) else DASH


def date(value: Any) -> str:
    """A timestamp without its time of day where that is midnight."""
    text = str(value if value is not None else DASH).replace("T", " ")
    day, _, time = text.partition(" ")
    return day if not time.strip("0:.") or time.startswith("00:00:00") else f"{day} {time[:8]}"


def _unsigned_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0
