"""A metric promises one figure of a run, and everything that is said about it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from components.contracts.component import Component, snake_case
from components.contracts.target import Kind
from components.values import BacktestResult, Float, Scored

Style = Literal["significant", "three decimals", "percent", "fine percent", "two decimals", "times", "count"]

KINDS: tuple[Kind, ...] = ("level", "return", "direction")
FORECASTS: Mapping[str, str] = {
    "valid": "on the validation spans",
    "test": "on the test spans",
    "vault": "in the vault",
}
ACCOUNTS: Mapping[str, str] = {
    "backtest": "of the portfolio",
    "benchmark": "of the benchmark",
    "vault_backtest": "of the portfolio in the vault",
    "vault_benchmark": "of the benchmark in the vault",
}
SPANS: Mapping[str, str] = {**FORECASTS, **ACCOUNTS}
"""First part of a figure's flat name -> what a sentence says of it; any other is the name of a scenario."""


def span_words(span: str) -> str:
    """What a sentence says of the first part of a figure's flat name."""
    return SPANS.get(span, f"of the portfolio in the scenario {span}")


@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """One figure: a function, its unit, a sentence, and which way is better. It has no parameters.

    about     what it is a figure of
    label     what tables call it
    phrase    what a gate's sentence calls it, where the label is not enough
    says      what it means: one sentence for readers who are no statisticians
    unit      of its value
    style     how its value is written
    better    1 where more is better, -1 where less is, 0 where neither
    place     tables list small ones first
    brief     whether the terminal shows it too
    leads     kinds of target for which it may stand for all figures; the first one by place that a run has does
    per_fold  whether it is also given on every fold, as NAME_fold_1

    A value that is undefined is NaN; an infinite one becomes NaN.
    """

    about: ClassVar[str] = "forecasts"
    label: ClassVar[str]
    phrase: ClassVar[str] = ""
    says: ClassVar[str]
    unit: ClassVar[str]
    style: ClassVar[Style]
    better: ClassVar[Literal[-1, 0, 1]]
    place: ClassVar[int] = 1000
    brief: ClassVar[bool] = False
    leads: ClassVar[tuple[Kind, ...]] = ()
    per_fold: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        """The class's name in snake_case, which is the file's: `R2TrainMean` is r2_train_mean."""
        return snake_case(cls.__name__)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)


@dataclass(frozen=True, kw_only=True)
class ForecastMetric(Metric):
    """Of forecasts beside their outcomes, for targets of these kinds; of the baselines too, unless it is about
    intervals or quantiles, which it then finds.

    needs_quantiles: it is of forecasts that are quantiles, of the level in scored.outputs.decided; needs_train_mean: it
    reads the mean training label, which is known of the target that is decided on alone.
    """

    kinds: ClassVar[tuple[Kind, ...]] = KINDS
    needs_intervals: ClassVar[bool] = False
    needs_quantiles: ClassVar[bool] = False
    needs_train_mean: ClassVar[bool] = False

    @abstractmethod
    def value(self, scored: Scored) -> float:
        """The figure of these rows, which may be none."""


@dataclass(frozen=True, kw_only=True)
class OrderMetric(Metric):
    """Of how well the symbols of a date are ordered, for every kind of target; where dates have 3 symbols or more.

    ranked: whether it is of the order alone (rank IC) or of sizes too (IC).
    """

    ranked: ClassVar[bool]

    @abstractmethod
    def value(self, ic_T: Float, horizon_bars: int) -> float:
        """The figure of the (T,) coefficients of the dates in order, NaN where there is none; labels overlap
        horizon_bars."""


@dataclass(frozen=True, kw_only=True)
class ReturnMetric(Metric):
    """Of net returns per bar; of the portfolio under worse assumptions too."""

    about = "returns"

    @abstractmethod
    def value(self, returns_T: Float, bars_per_year: float) -> float:
        """The figure of the (T,) returns, fractions, NaN where unknown."""


@dataclass(frozen=True, kw_only=True)
class AccountMetric(Metric):
    """Of an account: its equity and trades."""

    about = "an account"

    @abstractmethod
    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        """The figure of the account."""
