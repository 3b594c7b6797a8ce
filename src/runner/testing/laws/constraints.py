"""Laws of constraints: weights within bounds, decision by decision, and what gave way is said."""

from dataclasses import replace

import numpy as np

from components.contracts import Constraints
from components.values import Float, Relaxed, View
from runner.testing.data import same, snapshot, view
from runner.testing.law import law, require


def _wanted(seen: View, seed: int = 0) -> Float:
    wanted_DS = np.random.default_rng(seed).normal(0, 0.5, seen.forecast_DS.shape)
    return np.where(np.isfinite(seen.forecast_DS), wanted_DS, 0.0)


def _kept(constraints: Constraints, seen: View, wanted_DS: Float) -> tuple[Float, list[Relaxed]]:
    """The weights of all decisions, as a run makes them, with everything that was relaxed."""
    state = constraints.start(len(seen.symbols))
    shapes = {name: array.shape for name, array in state.items()}
    rows: list[Float] = []
    relaxed: list[Relaxed] = []
    for d, weight_S in enumerate(wanted_DS):
        one = seen.until(d, decisions=1, bars=constraints.past_bars)
        before = snapshot(state, weight_S, one)
        after, found = constraints.step(state, weight_S, one)
        require(before == snapshot(state, weight_S, one), "a step changes what it is given")
        require({name: array.shape for name, array in after.items()} == shapes, "a step changes the shape of its state")
        state = after
        rows.append(found.weight_S)
        relaxed += found.relaxed
    return np.array(rows), relaxed


@law
def finite(constraints: Constraints) -> None:
    """Finite weights, 0 without a finite forecast, whatever the portfolio wants."""
    seen = view("return")
    for wanted_DS in (_wanted(seen), 1e3 * _wanted(seen), np.zeros(seen.forecast_DS.shape)):
        found_DS, _ = _kept(constraints, seen, wanted_DS)
        require(np.isfinite(found_DS).all(), "its weights are not finite")
        require(not found_DS[~np.isfinite(seen.forecast_DS)].any(), "a symbol without a forecast has a weight")


@law
def deterministic(constraints: Constraints) -> None:
    """The same wishes give the same weights, however many decisions come later."""
    seen = view("return")
    wanted_DS = _wanted(seen)
    whole_DS, _ = _kept(constraints, seen, wanted_DS)
    require(same(whole_DS, _kept(constraints, seen, wanted_DS)[0]), "the same wishes give other weights")
    half = len(wanted_DS) // 2
    part_DS, _ = _kept(constraints, seen, np.concatenate([wanted_DS[:half], -wanted_DS[half:]]))
    require(same(part_DS[:half], whole_DS[:half]), "weights depend on later wishes")


@law
def symbol_order(constraints: Constraints) -> None:
    """The order of the symbols decides nothing."""
    seen = view("return")
    wanted_DS, order = _wanted(seen), np.random.default_rng(0).permutation(len(seen.symbols))
    turned = replace(
        seen,
        symbols=tuple(seen.symbols[s] for s in order),
        values_DSO=seen.values_DSO[:, order],
        past={name: values_TS[:, order] for name, values_TS in seen.past.items()},
    )
    found_DS, turned_DS = _kept(constraints, seen, wanted_DS)[0], _kept(constraints, turned, wanted_DS[:, order])[0]
    require(np.allclose(turned_DS, found_DS[:, order], atol=1e-9), "the order of the symbols decides")


@law
def binds(constraints: Constraints) -> None:
    """What declares that it never binds changes no weight; what binds leaves alone nobody's wish for nothing more."""
    seen = view("return")
    wanted_DS = _wanted(seen)
    found_DS, relaxed = _kept(constraints, seen, wanted_DS)
    if not constraints.binds:
        require(same(found_DS, wanted_DS) and not relaxed, "it declares that it never binds, and changes weights")
        return
    found_DS, relaxed = _kept(constraints, seen, 1e6 * wanted_DS)
    require(
        np.abs(found_DS).max() < 1e6 * np.abs(wanted_DS).max() or relaxed,
        "no wish is too large for it; declare binds = False",
    )


@law
def relaxed_says(constraints: Constraints) -> None:
    """What could not be met is named, with what was asked and reached, which differ."""
    seen = view("return", missing=0.6)
    for each in _kept(constraints, seen, 1e3 * _wanted(seen))[1]:
        require(
            each.constraint and np.isfinite([each.asked, each.reached]).all(), "a relaxed constraint says no figures"
        )
        require(each.asked != each.reached, f"{each.constraint} is called relaxed and was met")
