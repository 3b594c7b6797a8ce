"""What a bundle computes, as plain data: everything but the model's graph."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from components.contracts import Kind
from components.expressions import Node, Reach, fields_of, parse, reach
from components.panel import IN_UNIVERSE
from components.values import fields_read

NO_PORTFOLIO: Mapping[str, Any] = {"_target_": "components.portfolio.none.NoPortfolio"}
NO_CONSTRAINTS: Mapping[str, Any] = {"_target_": "components.constraints.none.NoConstraints"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """expressions    column -> causal expression of every column that the run computed: the features, then
                      LAST_LABEL
    inputs         the columns that the model reads after the preprocessor, in the order of its graph
    target         expression of what is forecast, its kind, and the bars it looks ahead
    outputs        columns of the graph's forecast, see `Outputs.to_json`
    lookback_rows  rows of its symbol that the graph reads for one forecast, those that can be forecast alone
    portfolio      configuration of the portfolio: `_target_` and parameters, what it learnt among them
    constraints    configuration of the constraints
    reads          what both read besides forecasts, see `components.values.View`
    bars_per_year  of the run's data: the weights are annualised with it, however short the new data is
    universe       symbols with a bar at the end of the run's data
    membership     whether the run's data had the field in_universe, without which a bar is no member
    preprocess     configuration of the preprocessor: `_target_` and parameters; None: the features as they are
    calibration    of the graph's forecasts: `settings` (`_target_` and parameters) and what it has `learnt`;
                   None: as they are
    """

    expressions: Mapping[str, str]
    inputs: tuple[str, ...]
    target: str
    kind: Kind
    horizon_bars: int
    outputs: Mapping[str, Any]
    lookback_rows: int
    portfolio: Mapping[str, Any]
    bars_per_year: float
    universe: tuple[str, ...]
    membership: bool = False
    preprocess: Mapping[str, Any] | None = None
    calibration: Mapping[str, Any] | None = None
    constraints: Mapping[str, Any]
    reads: tuple[str, ...] = ()

    def without_weights(self) -> "Recipe":
        """The same with forecasts alone."""
        return replace(self, portfolio=NO_PORTFOLIO, constraints=NO_CONSTRAINTS, reads=())

    @property
    def hands_out_weights(self) -> bool:
        return self.portfolio != NO_PORTFOLIO

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """column -> tree. Raises ExpressionError for a text that is no expression."""
        return {name: parse(text, where=f"bundle: {name}") for name, text in self.expressions.items()}

    @cached_property
    def reaches(self) -> Mapping[str, Reach]:
        return {name: reach(node) for name, node in self.nodes.items()}

    @property
    def features(self) -> tuple[str, ...]:
        """The columns without LAST_LABEL."""
        return tuple(self.expressions)[:-1]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that the bars need, sorted: those that expressions, portfolio and constraints read, and membership."""
        read = frozenset(fields_read(self.reads)).union(*(fields_of(node) for node in self.nodes.values()))
        return tuple(sorted(read | {IN_UNIVERSE} if self.membership else read))

    @property
    def slowest(self) -> tuple[str, int]:
        """The column that looks back furthest, and how many bars it needs, its own included."""
        name = max(self.reaches, key=lambda column: self.reaches[column].lookback_bars)
        return name, self.reaches[name].lookback_bars + 1

    @property
    def cross_sectional(self) -> bool:
        return any(each.cross_sectional for each in self.reaches.values())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Recipe":
        sequences = {name: tuple(content.get(name, ())) for name in ("inputs", "universe", "reads")}
        return Recipe(**{**content, **sequences})
