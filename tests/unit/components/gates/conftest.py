"""Evidence made to measure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components.values import Evidence, Scored
from runner.composition.figures import words

DAY = np.timedelta64(1, "D")
START = np.datetime64("2015-01-01", "us")


@pytest.fixture(scope="session")
def make_scored() -> Callable[..., Scored]:
    """make_scored(target, forecast, symbols=1, folds=4, **baselines): daily rows, symbols side by side."""

    def make(target: Any, forecast: Any, *, symbols: int = 1, folds: int = 4, **baselines: Any) -> Scored:
        target = np.asarray(target, dtype=np.float64)
        rows = np.arange(len(target))
        return Scored(
            span="test",
            timestamps_M=START + rows // symbols * DAY,
            symbols_M=(rows % symbols).astype(np.int32),
            fold_M=1 + rows * folds // max(len(rows), 1),
            forecast_M=np.asarray(forecast, dtype=np.float64),
            target_M=target,
            train_mean_M=np.zeros(len(target)),
            baselines={name: np.asarray(values, dtype=np.float64) for name, values in baselines.items()},
        )

    return make


@pytest.fixture(scope="session")
def make_evidence(make_scored: Callable[..., Scored]) -> Callable[..., Evidence]:
    """make_evidence(test=scored, kind=..., metrics=..., ...); what is not given is empty."""

    def make(**given: Any) -> Evidence:
        nothing = make_scored([], [])
        standard: dict[str, Any] = {
            "metrics": {},
            "valid": nothing,
            "test": nothing,
            "horizon_bars": 1,
            "kind": "level",
            "returns_T": np.array([]),
            "benchmark_T": np.array([]),
            "bars_per_year": 252.0,
        }
        found = {**standard, **given}
        names = [*found["metrics"], *(name.partition("_fold_")[0] for name in found["metrics"])]
        return Evidence(**{"words": words(names), **found})

    return make
