"""Laws of portfolios: weights that follow from what is known at each decision."""

from dataclasses import replace
from typing import Any

import numpy as np

from components.contracts import Portfolio
from components.errors import DataError
from components.values import HELD, Float, View
from runner.testing.data import forecasts, same, snapshot, view
from runner.testing.law import law, require


def _ready(portfolio: Portfolio, kind: str) -> Portfolio:
    """With what it learns, learnt."""
    if portfolio.learns_from() is None:
        return portfolio
    past = view(kind, seed=11, decisions=120)
    return portfolio.fit(past, past.forecast_DS + 0.5 * forecasts(kind, past.forecast_DS.shape, seed=12))


def _weights(portfolio: Portfolio, seen: View) -> Float:
    """As a run asks for them: decision by decision where it reads what is held, else all at once."""
    if HELD not in portfolio.reads:
        return portfolio.weights(seen)
    rows: list[Float] = []
    held_S = np.zeros(len(seen.symbols))
    for d in range(len(seen.decided_D)):
        one = seen.until(d, decisions=portfolio.lookback_bars, bars=portfolio.past_bars)
        held_S = portfolio.weights(replace(one, held_S=held_S))[-1]
        rows.append(held_S)
    return np.array(rows)


def _cases(portfolio: Portfolio) -> list[tuple[Portfolio, View]]:
    """The portfolio and what it sees, for each kind of forecast that it understands."""
    return [(_ready(portfolio, kind), view(kind, seed=seed)) for seed, kind in enumerate(portfolio.forecast_kind)]


@law
def finite(portfolio: Portfolio) -> None:
    """(D, S) finite weights; 0 without a forecast, and for no symbols or decisions none."""
    for ready, seen in _cases(portfolio):
        found_DS = _weights(ready, seen)
        require(found_DS.shape == seen.forecast_DS.shape, f"its weights have shape {found_DS.shape}")
        require(np.isfinite(found_DS).all(), "its weights are not finite")
        require(not found_DS[~np.isfinite(seen.forecast_DS)].any(), "a symbol without a forecast has a weight")
        unknown = replace(seen, values_DSO=np.full_like(seen.values_DSO, np.nan))
        require(not _weights(ready, unknown).any(), "with no forecast at all it holds something")


@law
def no_hindsight(portfolio: Portfolio) -> None:
    """A row of weights is the same whatever is decided later, and needs no more than the decisions and bars that it
    declares: a stream keeps only those."""
    for ready, seen in _cases(portfolio):
        whole_DS, decisions = _weights(ready, seen), len(seen.decided_D)
        for d in (0, 1, decisions // 2, decisions - 1):
            part = seen.until(d, decisions=decisions, bars=len(seen.times_T))
            require(
                np.allclose(_weights(ready, part)[-1], whole_DS[d], atol=1e-12), "weights depend on later decisions"
            )
            if HELD not in portfolio.reads:
                least = seen.until(d, decisions=ready.lookback_bars, bars=ready.past_bars)
                same_row = np.allclose(ready.weights(least)[-1], whole_DS[d], atol=1e-9)
                require(same_row, "weights depend on more than lookback_bars decisions or past_bars bars")


@law
def symbol_order(portfolio: Portfolio) -> None:
    """The order of the symbols decides nothing: an alphabet is no signal."""
    for ready, seen in _cases(portfolio):
        order = np.random.default_rng(0).permutation(len(seen.symbols))
        turned = replace(
            seen,
            symbols=tuple(seen.symbols[s] for s in order),
            values_DSO=seen.values_DSO[:, order],
            past={name: values_TS[:, order] for name, values_TS in seen.past.items()},
        )
        require(
            np.allclose(_weights(ready, turned), _weights(ready, seen)[:, order], atol=1e-9),
            "the order of the symbols decides",
        )


@law
def view_unchanged(portfolio: Portfolio) -> None:
    """It changes nothing that it sees: the benchmark and the scenarios see the same."""
    for ready, seen in _cases(portfolio):
        before = snapshot(seen)
        one, other = _weights(ready, seen), _weights(ready, seen)
        require(before == snapshot(seen), "it changes the view that it is given")
        require(same(one, other), "it decides otherwise the second time")


@law
def learns(portfolio: Portfolio) -> None:
    """What is learnt is a value with the same bytes each time; with too few dates it is refused with a DataError."""
    if portfolio.learns_from() is None:
        return
    kind = portfolio.forecast_kind[0]
    require(_ready(portfolio, kind) == _ready(portfolio, kind), "it learns something else the second time")
    few = view(kind, decisions=1)
    try:
        learnt: Any = portfolio.fit(few, few.forecast_DS)
        require(np.isfinite(_weights(learnt, view(kind))).all(), "learnt from one date its weights are not finite")
    except DataError:
        return


@law
def kinds(portfolio: Portfolio) -> None:
    """It names the kinds of forecast that it understands, and looks back over one decision at least."""
    known = {"level", "return", "direction"}
    require(
        portfolio.forecast_kind and set(portfolio.forecast_kind) <= known,
        "forecast_kind names no kind, or an unknown one",
    )
    require(portfolio.lookback_bars >= 1 and portfolio.past_bars >= 1, "lookback_bars and past_bars are 1 or more")
