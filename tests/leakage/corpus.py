"""Synthetic markets, and experiments on them that take a moment."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components.errors import ConfigError
from components.values import LeakReport
from runner.composition.build import build
from runner.composition.compose import compose
from runner.composition.rules import analyse, rule_problems
from runner.compute import pipeline
from runner.console import Console
from runner.leaks.battery import full_battery
from runner.specification.experiment import Experiment
from runner.specification.places import Places

BARS = 700
FEATURES = {"momentum": "close / ref(close, 5) - 1", "volume_shock": "log(volume / mean(volume, 20))"}
EXTRA = {"momentum": "close / ref(close, 5) - 1", "extra": "extra"}
RETURNS = [
    "features=expressions",
    "features.windows=[5]",
    "target=forward_return",
    "target.horizon_bars=1",
    "target.cross_sectional=none",
    "split.n_folds=3",
    "model=ridge",
    "baselines=naive",
    "portfolio=return_sign",
    "gates=returns",
    "export=never",
]


def market(symbols: int = 2, bars: int = BARS, seed: int = 0, drift: float = 0.0003) -> pd.DataFrame:
    """Symbol, date and OHLCV of symbols whose volatility comes in clusters."""
    parts = []
    for s in range(symbols):
        rng = np.random.default_rng([seed, s])
        log_variance = np.zeros(bars)
        for t in range(1, bars):
            log_variance[t] = 0.95 * log_variance[t - 1] + rng.normal(0, 0.25)
        spread = 0.01 * np.exp(log_variance / 2)
        close = 100 * np.exp(np.cumsum(rng.normal(drift, 1, bars) * spread))
        opening = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.2, bars) * spread)
        high = np.maximum(opening, close) * np.exp(np.abs(rng.normal(0, 0.5, bars)) * spread)
        low = np.minimum(opening, close) * np.exp(-np.abs(rng.normal(0, 0.5, bars)) * spread)
        volume = np.round(1e6 * np.exp(rng.normal(0, 0.3, bars) + 0.3 * log_variance))
        columns = {"open": opening, "high": high, "low": low, "close": close, "volume": volume}
        dates = pd.bdate_range("2015-01-05", periods=bars)
        parts.append(pd.DataFrame({"symbol": f"S{s}", "date": dates, **columns}))
    return pd.concat(parts, ignore_index=True)


def with_column(frame: pd.DataFrame, make: Callable[[pd.DataFrame], pd.Series], name: str = "extra") -> pd.DataFrame:
    """The frame with one more column, made symbol by symbol."""
    made = [make(part.reset_index(drop=True)).to_numpy() for _, part in frame.groupby("symbol", sort=False)]
    return frame.assign(**{name: np.concatenate(made)})


def written(frame: pd.DataFrame, folder: Path, name: str = "bars.csv") -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def overrides_for(path: Path, features: Mapping[str, str]) -> list[str]:
    """Files of bars, and these features only."""
    listed = ",".join(f"{name}: '{text}'" for name, text in features.items())
    return [
        "name=corpus",
        "data=files",
        f"data.path={path}",
        "data.symbol_column=symbol",
        "~features.expressions",
        f"+features.expressions={{{listed}}}",
    ]


def examined(overrides: list[str], folder: Path, sections: Mapping[str, Mapping[str, Any]] | None = None) -> LeakReport:
    """What the whole battery finds; sections: slot -> configuration that takes its place."""
    composed = compose(overrides)
    assert not composed.problems, composed.problems
    config = {**composed.config, **(sections or {})}
    experiment = build(Experiment, config)
    if problems := rule_problems(analyse(experiment)):
        raise ConfigError(*problems)
    cache = pipeline.open_cache(Places(outputs=folder / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    return full_battery(prepared, pipeline.execute(experiment, prepared, cache), experiment=experiment)
