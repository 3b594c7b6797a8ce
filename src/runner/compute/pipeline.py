"""One experiment as stages, in the order in which data flows:

panel -> features, target -> folds -> forecast (fit, predict, combine, calibrate) -> weights -> backtest

Two halves: `prepare` does everything before anything is fitted, `execute` the rest; the trial is recorded in between.
Nothing is computed before its value is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from components.values import BacktestResult, Float, Time
from runner.compute.calibrate import calibrate
from runner.compute.decisions import Decided, decide_weights, trade, trade_benchmark
from runner.compute.forecast import Forecasts
from runner.compute.forms import BACKTEST, DECIDED
from runner.compute.paths import median_path, on_path, path_numbers
from runner.compute.prepared import Prepared, prepare, prepare_bars, with_folds
from runner.compute.rivals import rival
from runner.compute.stage import Cache, Given, Keyed, Memory, Observer, Progress, Stage, joint_key
from runner.compute.walk import Walked, walk
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.storage.formats import JSON
from runner.storage.store import Store

__all__ = [
    "Executed",
    "Prepared",
    "Walked",
    "decide",
    "execute",
    "open_cache",
    "prepare",
    "prepare_bars",
    "with_folds",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What forecasts of one path made the portfolio hold, its account, and the benchmark's."""

    decided: Stage[Decided]
    traded: Stage[BacktestResult]
    yardstick: Stage[BacktestResult]


@dataclass(frozen=True, kw_only=True, eq=False)
class Executed:
    """Everything after it, as stages; benchmark: the index at equal average exposure through the same backtest.

    calibrated: the forecasts of all folds; judged, rivals, decided, traded, yardstick: of the path that is judged,
    see `runner.compute.paths`; paths: what every path came to, where there are several.
    """

    walked: Walked
    calibrated: Stage[Forecasts]
    judged: Stage[Forecasts]
    rivals: Mapping[str, Walked]
    decided: Stage[Decided]
    traded: Stage[BacktestResult]
    yardstick: Stage[BacktestResult]
    paths: tuple[Account, ...] = ()

    def as_input(self) -> "Given[Executed]":
        """All of it as one input of a stage."""
        paths = [path.decided for path in self.paths]
        key = joint_key(self.calibrated, self.traded, self.yardstick, *paths, *self.rivals.values())
        return Given(key=key, value=self)

    def fit(self) -> None:
        """Fits what the store lacks, the model first."""
        for walked in (self.walked, *self.rivals.values()):
            walked.fit()

    @property
    def forecasts(self) -> Forecasts:
        return self.judged.value

    @cached_property
    def baselines(self) -> dict[str, Forecasts]:
        return {name: rival.value for name, rival in self.rivals.items()}

    @property
    def every_decision(self) -> tuple[Decided, ...]:
        """On each path."""
        return tuple(path.decided.value for path in self.paths) or (self.decided.value,)

    @property
    def decided_D(self) -> Time:
        return self.decided.value.decided_D

    @property
    def weights_DS(self) -> Float:
        return self.decided.value.weights_DS

    @property
    def backtest(self) -> BacktestResult:
        return self.traded.value

    @property
    def benchmark(self) -> BacktestResult:
        return self.yardstick.value


def execute(experiment: Experiment, prepared: Prepared, cache: Cache) -> Executed:
    """forecast (fit, predict, combine, calibrate) -> weights -> backtest, and the same for what it is compared
    with; baselines are not calibrated."""
    walked = walk(experiment, experiment.fitted_model, experiment.preprocess, prepared, cache)
    rivals = {name: rival(experiment, name, prepared, cache) for name in experiment.baselines}
    led = follow(experiment, prepared, walked, cache)
    if led.path is not None:
        rivals = {
            name: replace(each, joined=_on(led.path, each.joined, cache, part=name)) for name, each in rivals.items()
        }
    return Executed(
        walked=walked,
        calibrated=led.calibrated,
        judged=led.judged,
        rivals=rivals,
        decided=led.account.decided,
        traded=led.account.traded,
        yardstick=led.account.yardstick,
        paths=led.paths,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Led:
    """What follows from forecasts; path: the one that is judged, None where there is one; the rest as in `Executed`."""

    calibrated: Stage[Forecasts]
    judged: Stage[Forecasts]
    path: Stage[int] | None
    account: Account
    paths: tuple[Account, ...]


def follow(experiment: Experiment, prepared: Prepared, forecasts: Keyed[Forecasts], cache: Cache) -> Led:
    """forecast -> calibrate -> weights -> backtest."""
    carries = experiment.calibration.carries_state
    calibrated = cache.stage(
        calibrate,
        inputs={
            "forecasts": forecasts,
            "folds": prepared.divided,
            "labels": prepared.labelled,
            "panel": prepared.bars if carries else None,
            "table": prepared.tabled if carries else None,
        },
        settings={"calibration": experiment.calibration},
        form=None,
    )
    judged, median, paths = calibrated, None, []
    if len(numbers := path_numbers(prepared.folds)) > 1:
        for number in numbers:
            path = Given(key=str(number), value=number)
            one = _on(path, calibrated, cache, part=str(path.key))
            paths.append(_account(experiment, one, prepared, cache, part=f"path {number}"))
        median = cache.stage(median_path, inputs={"accounts": [path.traded for path in paths]}, form=JSON)
        judged = _on(median, calibrated, cache)
    account = _account(experiment, judged, prepared, cache)
    return Led(calibrated=calibrated, judged=judged, path=median, account=account, paths=tuple(paths))


def decide(
    experiment: Experiment,
    prepared: Prepared,
    forecasts: Keyed[Forecasts],
    cache: Cache,
    *,
    shown: str | None = None,
    part: str = "",
) -> Stage[Decided]:
    """The stage that makes weights of the forecasts of one path."""
    learns = experiment.portfolio.learns_from() is not None
    return cache.stage(
        decide_weights,
        inputs={
            "panel": prepared.bars,
            "forecasts": forecasts,
            "folds": prepared.divided if learns else None,
            "labels": prepared.labelled if learns else None,
        },
        settings={"portfolio": experiment.portfolio, "constraints": experiment.constraints},
        form=DECIDED,
        shown=shown,
        part=part,
    )


def _on(path: Keyed[int], forecasts: Stage[Forecasts], cache: Cache, *, part: str = "") -> Stage[Forecasts]:
    return cache.stage(on_path, inputs={"forecasts": forecasts, "path": path}, form=None, part=part)


def _account(
    experiment: Experiment, forecasts: Stage[Forecasts], prepared: Prepared, cache: Cache, *, part: str = ""
) -> Account:
    decided = decide(experiment, prepared, forecasts, cache, shown=f"weights {part}".strip(), part=part)
    account: dict[str, Any] = {
        "inputs": {"panel": prepared.bars, "decided": decided},
        "settings": {"backtest": experiment.backtest},
        "form": BACKTEST,
        "part": part,
    }
    return Account(
        decided=decided,
        traded=cache.stage(trade, **account, shown=f"backtest {part}".strip()),
        yardstick=cache.stage(trade_benchmark, **account, shown=f"benchmark {part}".strip()),
    )


def open_cache(
    places: Places, progress: Progress, observer: Observer | None = None, memory: Memory | None = None
) -> Cache:
    """The store that lies there. memory: of a process that runs many trials."""
    return Cache(store=Store(places.store), progress=progress, observer=observer, memory=memory)
