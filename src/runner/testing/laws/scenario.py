"""Laws of scenarios: one thing is changed, where it is said to be, and the same by the same seed."""

from typing import Any, get_args

import numpy as np

from components.contracts import Backtest, Enters, Scenario
from runner.testing.companions import shipped
from runner.testing.data import forecasts, panel, prices, same, snapshot, view
from runner.testing.law import law, require

METHODS = {
    "panel": "panel",
    "forecasts": "forecasts",
    "decisions": "decisions",
    "prices": "prices",
    "costs": "backtest",
}


def _changed(scenario: Scenario, *, seed: int = 1) -> tuple[Any, Any]:
    """What it enters at, before and after."""
    if scenario.enters == "panel":
        given: Any = panel()
        return given, scenario.panel(given, seed=seed)
    if scenario.enters == "forecasts":
        given = forecasts("return", (60, 2))
        given[3] = np.nan
        return given, scenario.forecasts(given, seed=seed)
    if scenario.enters == "decisions":
        given = view("return", missing=0.0).forecast_DS
        return given, scenario.decisions(given)
    if scenario.enters == "prices":
        given = prices(("open", "high", "low", "close", "volume"))
        return given, scenario.prices(given, seed=seed)
    given = shipped(Backtest)[0]
    return given, scenario.backtest(given)


@law
def enters(cls: type[Scenario]) -> None:
    """It overrides the one method that its `enters` names: what lies before is not computed again, and stays."""
    require(getattr(cls, "enters", None) in get_args(Enters), f"enters is none of {', '.join(get_args(Enters))}")
    overridden = {name for name in METHODS.values() if getattr(cls, name) is not getattr(Scenario, name)}
    expected = METHODS[cls.enters]
    require(expected in overridden, f"it enters at {cls.enters} and does not override {expected}()")
    more = sorted(overridden - {expected})
    require(not more, f"it enters at {cls.enters} and overrides {', '.join(more)}() as well")


@law
def phrase(scenario: Scenario) -> None:
    """It ends a sentence: 'the Sharpe ratio is 0.3 with every cost doubled'."""
    require(scenario.phrase and not scenario.phrase.endswith("."), f"its phrase '{scenario.phrase}' ends no sentence")
    times = scenario.costs_times
    require(times is None or scenario.enters == "costs", "it says costs_times and does not enter at costs")


@law
def pure(scenario: Scenario) -> None:
    """What it is given stays; the same seed gives the same world."""
    before, after = _changed(scenario)
    untouched, again = _changed(scenario)
    require(snapshot(before) == snapshot(untouched), "it changes what it is given")
    require(
        snapshot(after) == snapshot(again) and (snapshot(after) or after == again), "the same seed gives another world"
    )


@law
def changes(scenario: Scenario) -> None:
    """The world is another one, of the same shape."""
    before, after = _changed(scenario)
    if scenario.enters == "costs":
        require(after != before, "it changes nothing")
        return
    require(snapshot(before) != snapshot(after), "it changes nothing")
    shape = [len(array) for array in snapshot(before)] == [len(array) for array in snapshot(after)]
    require(shape or scenario.enters == "panel", "it changes the shape of what it is given")


@law
def no_hindsight(scenario: Scenario) -> None:
    """Other decisions follow from decisions up to their own; a forecast that is missing stays missing."""
    before, after = _changed(scenario)
    if scenario.enters == "decisions":
        for d in (1, 7, len(before) - 1):
            require(same(scenario.decisions(before[:d]), after[:d]), "a decision depends on later ones")
    if scenario.enters == "forecasts":
        require(np.isnan(after[3]).all() and np.isfinite(after[4:]).all(), "missing forecasts do not stay missing")
