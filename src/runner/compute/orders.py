"""From what is seen to target weights: the portfolio, then the constraints, all at once or decision by decision.

Shape legend: D decisions, S symbols.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from components.contracts import Constraints, Portfolio
from components.values import HELD, Constrained, Float, Int, Relaxed, State, View


@dataclass(frozen=True, kw_only=True, eq=False)
class Ordered:
    """weights_DS: target weights; wanted_DS: those of the portfolio, before the constraints; relaxed: at which
    decisions which constraint could not be met."""

    weights_DS: Float
    wanted_DS: Float
    relaxed: tuple[tuple[int, Relaxed], ...] = ()


class Orders:
    """Decision by decision. Carries the state of the constraints and what was decided last."""

    def __init__(self, constraints: Constraints, symbols: int) -> None:
        self._constraints = constraints
        self.state: State = constraints.start(symbols)
        self.held_S: Float = np.zeros(symbols)

    def decide(self, portfolio: Portfolio, view: View) -> tuple[Float, Constrained]:
        """(S,) what the portfolio wants at the last decision of the view, and what the constraints make of it."""
        wanted_S: Float = portfolio.weights(replace(view, held_S=self.held_S) if HELD in portfolio.reads else view)[-1]
        return wanted_S, self.constrain(wanted_S, view)

    def constrain(self, wanted_S: Float, view: View) -> Constrained:
        """The weights of the last decision of the view after the constraints."""
        if not self._constraints.binds:
            self.held_S = wanted_S
            return Constrained(weight_S=wanted_S)
        last = view.until(len(view.decided_D) - 1, decisions=1, bars=self._constraints.past_bars)
        seen = replace(last, held_S=self.held_S) if HELD in self._constraints.reads else last
        self.state, found = self._constraints.step(self.state, wanted_S, seen)
        self.held_S = found.weight_S
        return found


def ordered(view: View, fold_D: Int, portfolios: Mapping[int, Portfolio], constraints: Constraints) -> Ordered:
    """The weights of all decisions; portfolios: of each fold to which a decision belongs."""
    by_turns = any(HELD in portfolio.reads for portfolio in portfolios.values())
    wanted_DS = np.zeros(view.values_DSO.shape[:2]) if by_turns else _at_once(view, fold_D, portfolios)
    if not by_turns and not constraints.binds:
        return Ordered(weights_DS=wanted_DS, wanted_DS=wanted_DS)
    orders, weights_DS, relaxed = Orders(constraints, len(view.symbols)), np.zeros(wanted_DS.shape), []
    for d in range(len(view.decided_D)):
        if by_turns:
            portfolio = portfolios[int(fold_D[d])]
            wanted_DS[d], found = orders.decide(portfolio, seen_at(view, d, portfolio, constraints))
        else:
            found = orders.constrain(wanted_DS[d], view.until(d, decisions=1, bars=constraints.past_bars))
        weights_DS[d] = found.weight_S
        relaxed += [(d, each) for each in found.relaxed]
    return Ordered(weights_DS=weights_DS, wanted_DS=wanted_DS, relaxed=tuple(relaxed))


def seen_at(view: View, d: int, portfolio: Portfolio, constraints: Constraints) -> View:
    """As much of the view as a decision depends on."""
    return view.until(d, decisions=portfolio.lookback_bars, bars=max(portfolio.past_bars, constraints.past_bars))


def _at_once(view: View, fold_D: Int, portfolios: Mapping[int, Portfolio]) -> Float:
    distinct = dict.fromkeys(portfolios.values())
    found = {portfolio: portfolio.weights(view) for portfolio in distinct}
    if len(found) == 1:
        return next(iter(found.values()))
    weights_DS = np.zeros(view.values_DSO.shape[:2])
    for fold, portfolio in portfolios.items():
        weights_DS[fold_D == fold] = found[portfolio][fold_D == fold]
    return weights_DS
