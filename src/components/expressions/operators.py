"""The operators of the language: one entry each.

An entry names an operator, its arguments, how many bars of them a value reads, and how it is computed: by a
function on arrays (elementwise), by the name of a kernel in `kernels/` (window, cross), or by a definition in
terms of other operators (macro). Nothing else has to be edited to add one.

A window of w bars ends with the bar's own; a value is NaN until the window is full and where a bar of it is
NaN.

A cross-section compares the symbols that have a bar and a value at the same timestamp; with a group, an
expression of whole numbers such as sector codes, those of the same group (NaN where the group is missing); if
the panel has the field `in_universe`, those where it is 1 (NaN for the others).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.expressions import elementwise
from components.expressions.tree import Call, Node, Number

MAX_BARS = 100_000
EMA_TAIL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A constant argument and its range; whole: a number of bars; default: where it is left out."""

    name: str
    low: float
    high: float = MAX_BARS
    whole: bool = True
    default: float | None = None

    @property
    def allowed(self) -> str:
        if self.low == -math.inf:
            return "a number"
        kind = "a whole number of bars" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:.0f}"

    def allows(self, value: float) -> bool:
        return self.low <= value <= self.high and (not self.whole or value.is_integer())


def own_window(bars: float, *_: float) -> int:
    """Bars that a window operator reads: its first constant."""
    return int(bars)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One operator of the language.

    series: names of the arguments that are expressions; constants: those after them; optional: how many arguments,
    the last ones, may be left out; symbol and precedence:
    how an infix operator is written; bars: how many bars, its own included, a value reads, from the
    constants; passed: what a kernel gets of the constants, if not themselves; runs: whether its kernel works on
    runs of bars; several: whether it computes calls that differ in the last constant together.
    """

    name: str
    kind: Literal["elementwise", "window", "cross", "shift", "frame", "macro"]
    doc: str
    series: tuple[str, ...] = ("x",)
    optional: int = 0
    constants: tuple[Constant, ...] = ()
    symbol: str = ""
    precedence: int = 0
    apply: elementwise.Elementwise | None = None
    kernel: str = ""
    definition: Callable[..., Node] | None = None
    bars: Callable[..., int] = own_window
    passed: Callable[..., tuple[int | float, ...]] | None = None
    runs: bool = False
    several: bool = False

    def kernel_constants(self, values: tuple[float, ...]) -> tuple[int | float, ...]:
        """The constants as the kernel takes them: int for bars, float else."""
        if self.passed is not None:
            return self.passed(*values)
        return tuple(int(v) if constant.whole else float(v) for v, constant in zip(values, self.constants, strict=True))

    @property
    def arguments(self) -> tuple[str, ...]:
        return (*self.series, *(constant.name for constant in self.constants))

    @property
    def signature(self) -> str:
        needed = len(self.arguments) - self.optional
        options = "".join(f"[, {name}]" for name in self.arguments[needed:])
        return f"{self.name}({', '.join(self.arguments[:needed])}{options})"


def call(name: str, *args: Node | float) -> Call:
    """An application of an operator, for definitions."""
    return Call(name, tuple(Number(arg) if isinstance(arg, int | float) else arg for arg in args))


def ema_length(span: float) -> int:
    """Bars whose weight (1 - a)^k, a = 2 / (span + 1), is at least 1e-9."""
    decay = 1.0 - 2.0 / (span + 1.0)
    return 1 if decay == 0.0 else math.floor(math.log(EMA_TAIL) / math.log(decay)) + 1


def _infix(symbol: str, precedence: int, apply: elementwise.Elementwise, doc: str) -> Operator:
    return Operator(
        name=symbol,
        kind="elementwise",
        doc=doc,
        series=("x", "y"),
        symbol=symbol,
        precedence=precedence,
        apply=apply,
    )


def _prefix(name: str, symbol: str, precedence: int, apply: elementwise.Elementwise, doc: str) -> Operator:
    return Operator(name=name, kind="elementwise", doc=doc, symbol=symbol, precedence=precedence, apply=apply)


def _function(name: str, apply: elementwise.Elementwise, doc: str, *series: str) -> Operator:
    return Operator(name=name, kind="elementwise", doc=doc, series=series or ("x",), apply=apply)


def _bars(low: int) -> Constant:
    return Constant(name="w", low=low)


def _window(
    name: str,
    kernel: str,
    doc: str,
    *constants: Constant,
    series: tuple[str, ...] = ("x",),
    runs: bool = True,
) -> Operator:
    return Operator(name=name, kind="window", doc=doc, series=series, constants=constants, kernel=kernel, runs=runs)


def _cross(name: str, kernel: str, doc: str) -> Operator:
    return Operator(name=name, kind="cross", doc=doc, series=("x", "group"), optional=1, kernel=kernel)


def _frame(name: str, period: str, bars: int) -> Operator:
    return Operator(
        name=name,
        kind="frame",
        doc=f"x computed on bars of one {period} each, of the last {period} that was complete; bars: the most bars "
        f"that a {period} consists of, {bars} if not given.",
        constants=(Constant(name="bars", low=1, default=bars),),
        optional=1,
    )


def _macro(name: str, definition: Callable[..., Node], doc: str, *constants: Constant, x: str = "x") -> Operator:
    return Operator(name=name, kind="macro", doc=doc, series=(x,), constants=constants, definition=definition)


_SHIFT = Constant(name="n", low=-MAX_BARS)
_LIMITS = tuple(Constant(name=name, low=-math.inf, high=math.inf, whole=False) for name in ("low", "high"))

_TABLE = (
    _infix("or", 1, elementwise.from_predicate(np.logical_or), "1 where x or y is not 0, else 0."),
    _infix("and", 2, elementwise.from_predicate(np.logical_and), "1 where x and y are not 0, else 0."),
    _prefix("not", "not ", 3, elementwise.from_predicate(np.logical_not), "1 where x is 0, else 0."),
    _infix("<", 4, elementwise.from_predicate(np.less), "1 where x < y, else 0."),
    _infix("<=", 4, elementwise.from_predicate(np.less_equal), "1 where x <= y, else 0."),
    _infix(">", 4, elementwise.from_predicate(np.greater), "1 where x > y, else 0."),
    _infix(">=", 4, elementwise.from_predicate(np.greater_equal), "1 where x >= y, else 0."),
    _infix("==", 4, elementwise.from_predicate(np.equal), "1 where x equals y, else 0."),
    _infix("!=", 4, elementwise.from_predicate(np.not_equal), "1 where x differs from y, else 0."),
    _infix("+", 5, elementwise.from_ufunc(np.add), "Sum."),
    _infix("-", 5, elementwise.from_ufunc(np.subtract), "Difference."),
    _infix("*", 6, elementwise.from_ufunc(np.multiply), "Product."),
    _infix("/", 6, elementwise.from_ufunc(np.divide), "Quotient; x / 0 is infinite, 0 / 0 is NaN."),
    _prefix("neg", "-", 7, elementwise.from_ufunc(np.negative), "-x."),
    _infix("**", 8, elementwise.power, "Power by a constant."),
    _function("log", elementwise.from_ufunc(np.log), "Natural logarithm; NaN below 0, -inf at 0."),
    _function("exp", elementwise.from_ufunc(np.exp), "e to the power of x."),
    _function("sqrt", elementwise.from_ufunc(np.sqrt), "Square root; NaN below 0."),
    _function("abs", elementwise.from_ufunc(np.absolute), "Absolute value."),
    _function("sign", elementwise.from_ufunc(np.sign), "-1, 0 or 1."),
    _function("maximum", elementwise.from_ufunc(np.maximum), "The greater of x and y.", "x", "y"),
    _function("minimum", elementwise.from_ufunc(np.minimum), "The smaller of x and y.", "x", "y"),
    _function("power", elementwise.power, "x to the power of y.", "x", "y"),
    _function(
        "where",
        elementwise.where,
        "x where c is not 0, else y; NaN where c is NaN. The value not chosen may be missing.",
        *("c", "x", "y"),
    ),
    Operator(
        name="clip",
        kind="elementwise",
        doc="x limited to [low, high].",
        constants=_LIMITS,
        apply=elementwise.clip,
    ),
    Operator(
        name="ref",
        kind="shift",
        doc="x of n bars ago; n < 0: of -n bars ahead.",
        constants=(_SHIFT,),
        kernel="shifting.ref",
    ),
    _macro(
        "delta",
        lambda x, n: call("-", x, call("ref", x, n)),
        "x - ref(x, n): change over n bars.",
        _SHIFT,
    ),
    _window("mean", "moments.mean", "Arithmetic mean.", _bars(1)),
    _window("sum", "moments.sum_", "Sum.", _bars(1)),
    _window("var", "moments.var", "Variance with w - 1 degrees of freedom.", _bars(2)),
    _macro(
        "std",
        lambda x, w: call("sqrt", call("var", x, w)),
        "Standard deviation with w - 1 degrees of freedom.",
        _bars(2),
    ),
    _window(
        "skew",
        "moments.skew",
        "Skewness G1 = m3 / m2^1.5 sqrt(w (w-1)) / (w-2); NaN where all are equal.",
        _bars(3),
    ),
    _window(
        "kurt",
        "moments.kurt",
        "Excess kurtosis G2 = (w-1) / ((w-2)(w-3)) ((w+1) m4 / m2^2 - 3 (w-1)); NaN where all are equal.",
        _bars(4),
    ),
    _window("mad", "moments.mad", "Mean absolute deviation from the mean of the window.", _bars(1), runs=False),
    _window("max", "extremes.max_", "Greatest value.", _bars(1)),
    _macro("min", lambda x, w: call("neg", call("max", call("neg", x), w)), "Smallest value.", _bars(1)),
    _window(
        "argmax",
        "extremes.argmax",
        "Position of the greatest value, 1 = oldest bar to w = this bar; the oldest of equal ones.",
        _bars(1),
    ),
    _macro(
        "argmin",
        lambda x, w: call("argmax", call("neg", x), w),
        "Position of the smallest value, 1 = oldest bar to w = this bar; the oldest of equal ones.",
        _bars(1),
    ),
    _macro(
        "drawdown",
        lambda x, w: call("-", call("/", x, call("max", x, w)), 1.0),
        "x / max(x, w) - 1: distance from the greatest value, at most 0 for positive x.",
        _bars(1),
    ),
    _macro(
        "count",
        lambda c, w: call("sum", call("!=", c, 0.0), w),
        "Number of bars at which c is not 0.",
        _bars(1),
        x="c",
    ),
    _window(
        "bars_since",
        "extremes.bars_since",
        "Bars since c was last not 0 (0 = now); w if it was not within the window.",
        _bars(1),
        series=("c",),
        runs=False,
    ),
    Operator(
        name="quantile",
        kind="window",
        doc="Quantile q, linear between order statistics.",
        constants=(_bars(1), Constant(name="q", low=0, high=1, whole=False)),
        kernel="order.quantiles",
        several=True,
    ),
    _macro("median", lambda x, w: call("quantile", x, w, 0.5), "Median.", _bars(1)),
    _window(
        "rank",
        "order.rank",
        "Rank of this bar's value among those of the window, divided by w: in (0, 1], average of ties.",
        _bars(1),
        runs=False,
    ),
    _window("slope", "regression.slope", "Slope of the least-squares line over the bars, per bar.", _bars(2)),
    _window(
        "rsquare",
        "regression.rsquare",
        "R squared of the least-squares line over the bars; NaN where all values are equal.",
        _bars(2),
    ),
    _window("resid", "regression.resid", "x minus the least-squares line's value at this bar.", _bars(2)),
    _window(
        "cov",
        "regression.cov",
        "Covariance with w - 1 degrees of freedom.",
        _bars(2),
        series=("x", "y"),
    ),
    _window(
        "corr",
        "regression.corr",
        "Pearson correlation; NaN where all values of x or of y are equal.",
        _bars(2),
        series=("x", "y"),
    ),
    _window(
        "beta",
        "regression.beta",
        "Slope of x on y, cov(x, y, w) / var(y, w); NaN where all values of y are equal.",
        _bars(2),
        series=("x", "y"),
    ),
    Operator(
        name="ema",
        kind="window",
        doc="Exponential mean: weights (1-a)^k, a = 2 / (span + 1), over the bars where that is at least 1e-9, "
        "divided by their sum. A finite window, so that the look-back is exact.",
        constants=(Constant(name="span", low=1, high=5_000),),
        kernel="exponential.ema",
        runs=True,
        bars=ema_length,
        passed=lambda span: (int(span), ema_length(span)),
    ),
    _window("wma", "regression.wma", "Mean with linear weights, 1 for the oldest bar to w for this.", _bars(1)),
    _cross(
        "cs_rank",
        "cross.rank",
        "Rank among the symbols compared, divided by their number: in (0, 1], average of ties; 1 for a single one.",
    ),
    _cross(
        "cs_zscore",
        "cross.zscore",
        "(x - mean) / standard deviation (n - 1) of the symbols compared; NaN where all are equal, or one is alone.",
    ),
    _cross("cs_demean", "cross.demean", "x minus its mean over the symbols compared; 0 for a single one."),
    _frame("minutes_5", "step of 5 minutes", 5),
    _frame("minutes_15", "quarter of an hour", 15),
    _frame("minutes_30", "half an hour", 30),
    _frame("hourly", "hour", 60),
    _frame("hours_4", "step of 4 hours", 240),
    _frame("daily", "day", 1_440),
    _frame("weekly", "week", 7),
    _frame("monthly", "month", 31),
)

OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _TABLE}
FUNCTIONS = tuple(sorted(name for name, operator in OPERATORS.items() if not operator.symbol))
