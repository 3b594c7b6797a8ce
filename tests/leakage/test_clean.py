"""Honest experiments raise no alarm: no leak, and nothing suspect but what is declared here."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import SHOWN, needs_its_data
from leakage.corpus import EXTRA, FEATURES, RETURNS, examined, market, overrides_for, with_column, written
from leakage.test_planted import LEVEL, joined

LEVELS = frozenset({"features.expressions.level", "features.expressions.activity"})


@dataclass(frozen=True, kw_only=True)
class Clean:
    """suspects: places that may be called suspect, since they are."""

    frame: Callable[[], pd.DataFrame] = market
    features: Mapping[str, str] | None = field(default_factory=lambda: FEATURES)
    overrides: tuple[str, ...] = ()
    more: Callable[[Path], list[str]] = lambda folder: []
    suspects: frozenset[str] = frozenset()


def choices(*overrides: str) -> Clean:
    return Clean(overrides=overrides)


def feature_set(name: str, *overrides: str) -> Clean:
    """A shipped feature set instead of the expressions of the corpus."""
    return Clean(features=None, overrides=(f"features={name}", *overrides), frame=lambda: market(2, 900))


def column(make: Callable[[pd.DataFrame], object], features: Mapping[str, str] = EXTRA) -> Clean:
    """An honest column of the file."""
    return Clean(frame=lambda: with_column(market(), lambda part: pd.Series(make(part))), features=features)


def ragged() -> pd.DataFrame:
    """Symbols that begin and end at different times, with holes."""
    bars = market(4)
    place = bars.groupby("symbol").cumcount()
    number = bars["symbol"].str[1:].astype(int)
    inside = (place >= 60 * number) & (place < 700 - 40 * (number % 2))
    return bars[inside & (np.random.default_rng(0).random(len(bars)) > 0.02)].reset_index(drop=True)


def earlier_market(folder: Path) -> list[str]:
    """A market that closes later and follows the first one; its last known close is joined."""
    bars = market(1)
    rng = np.random.default_rng(5)
    own = bars["close"].pct_change().fillna(0.0)
    follows = 100 * np.cumprod(1 + 0.6 * own + 0.4 * own.shift(1).fillna(0.0) + rng.normal(0, 0.004, len(bars)))
    written(pd.DataFrame({"date": bars["date"], "value": follows}), folder, "reference.csv")
    return joined(folder, "reference.csv", lag=1)


def same_day(folder: Path) -> list[str]:
    return [text.replace("lag_bars=1", "lag_bars=0") for text in earlier_market(folder)]


def members(folder: Path) -> list[str]:
    """Members by their volume of the last sixty bars."""
    path = folder / "bars.csv"
    return [
        "data=joined",
        "data@data.main=files",
        f"data.main.path={path}",
        "data.main.symbol_column=symbol",
        "data.universe_field=extra",
    ]


def weekly(folder: Path) -> list[str]:
    return [
        "data=resampled",
        f"data.source.path={folder / 'bars.csv'}",
        "data.source.symbol_column=symbol",
        "data.bar=1d",
        "data.stamps=start",
        "data.to=1w",
    ]


def texts(folder: Path) -> list[str]:
    bars = market(2)
    rng = np.random.default_rng(0)
    told = bars.iloc[::3]
    when = told["date"] + pd.to_timedelta(rng.integers(0, 1440, len(told)), unit="min")
    scores = pd.DataFrame({"symbol": told["symbol"], "timestamp": when, "text": rng.uniform(-1, 1, len(told))})
    written(scores, folder, "texts.csv")
    return [
        "data=sentiment",
        "data@data.main=files",
        f"data.main.path={folder / 'bars.csv'}",
        "data.main.symbol_column=symbol",
        f"data.path={folder / 'texts.csv'}",
        "data.scorer=column",
    ]


VOLATILITY = (
    "target=log_realised_variance",
    "baselines=volatility",
    "portfolio=volatility_target",
    "gates=regression",
    "~baselines.har",
    "~gates.checks.beats_har",
)
DIRECTION = (
    "target=direction",
    "loss=logistic",
    "model=lightgbm",
    "model.n_estimators=20",
    "portfolio=direction",
    "gates=classification",
)
TREES = ("model=lightgbm", "model.n_estimators=20")
CROSS = ("target.cross_sectional=demean", "target.horizon_bars=5", "portfolio=rank_long_short")

CONFIGURATIONS = {
    "next return": choices(),
    "five overlapping bars": choices("target.horizon_bars=5"),
    "sixty overlapping bars": Clean(frame=lambda: market(2, 1500), overrides=("target.horizon_bars=60",)),
    "two bars' skip": choices("target.skip_bars=2"),
    "a longer lag with a later target": choices("target.skip_bars=3", "backtest.execution_lag_bars=3"),
    "a plain line": choices("model=linear"),
    "trees": choices(*TREES),
    "bagged lines": choices("ensemble=bagging", "ensemble.n_members=2"),
    "blended trees": choices(*TREES, "ensemble=blend"),
    "one fold": choices("split=holdout"),
    "a rolling window": choices("split.window=rolling"),
    "a vault": choices("split.vault_start='2017-03-01'"),
    "a rolling vault": choices("split.vault_start='last 120 bars'"),
    "steps of the calendar": choices("split=calendar", "split.step=quarter", "split.first_steps=5"),
    "trained on the future too": choices("split=combinatorial_purged", "split.n_groups=4"),
    "trained on the future too, symbols compared": Clean(
        frame=ragged, overrides=("quality=mend", "split=combinatorial_purged", "split.n_groups=4", *CROSS)
    ),
    "symbols held out": Clean(
        frame=lambda: market(6), overrides=("split=held_out_symbols", "split.held_out=2", "split.n_folds=2")
    ),
    "fills at the open": choices("backtest.price=open"),
    "market impact": choices("backtest=impact_costs"),
    "shorts too": choices("portfolio.short_exposure=1.0"),
    "mended data": choices("quality=mend"),
    **{f"preprocess {name}": choices(f"preprocess={name}") for name in ("zscore", "robust_zscore", "rank_gauss")},
    **{f"preprocess {name}": choices(f"preprocess={name}") for name in ("winsorise", "impute", "chain")},
    "preprocess top_features": choices("preprocess=top_features", "preprocess.n_features=1"),
    "symbols compared": Clean(frame=lambda: market(6), overrides=("preprocess=cross_section",)),
    "symbols ranked": Clean(frame=lambda: market(6), overrides=(*CROSS,)),
    "in proportion to forecasts": Clean(frame=lambda: market(6), overrides=("portfolio=proportional",)),
    "cross-sections in windows": Clean(
        frame=lambda: market(5), features={"rank": "mean(cs_rank(close / ref(close, 5)), 20)"}, overrides=CROSS
    ),
    "ragged symbols with holes": Clean(frame=ragged, overrides=("quality=mend",)),
    "ragged cross-sections": Clean(
        frame=ragged, features={"rank": "cs_rank(close / ref(close, 5))"}, overrides=("quality=mend", *CROSS)
    ),
    "log variance": choices(*VOLATILITY),
    "log variance of one bar": choices(*VOLATILITY, "target.horizon_bars=1"),
    "log variance of a month": choices(*VOLATILITY, "target.horizon_bars=22"),
    "log variance from its past": feature_set("volatility", *VOLATILITY),
    "log variance by trees": feature_set("volatility", *VOLATILITY, *TREES),
    "variance of closes": choices(*VOLATILITY, "target.estimator=close_to_close"),
    "direction": choices(*DIRECTION),
    "direction over a month": choices(*DIRECTION, "target.horizon_bars=20"),
    "calibrated along a line": choices("calibration=linear"),
    "intervals from earlier tests": choices("calibration=conformal", "calibration.source=previous_tests"),
    "calibrated directions": choices(*DIRECTION, "calibration=isotonic"),
    "a strong trend": Clean(frame=lambda: market(2, drift=0.003)),
    "a strong trend's overlapping returns": Clean(
        frame=lambda: market(2, drift=0.003), overrides=("target.horizon_bars=20",)
    ),
    "levels of raw prices": Clean(features=LEVEL, suspects=LEVELS),
    "levels of raw prices in a trend": Clean(
        frame=lambda: market(1, drift=0.003), features=LEVEL, overrides=("target.horizon_bars=20",), suspects=LEVELS
    ),
    "levels of raw volumes": Clean(features={**FEATURES, "activity": "log(volume)"}, suspects=LEVELS),
    "ratios of adjusted prices": choices("data.adjustment=total"),
    "the calendar": feature_set("calendar"),
    "momentum": feature_set("momentum"),
    "technical indicators": feature_set("technical", "features.windows=[14]"),
    "volume": feature_set("volume"),
    "direction's usual suspects": feature_set("direction"),
    "an average of the past": column(lambda p: p["close"].ewm(span=10).mean(), {"gap": "close / extra - 1"}),
    "the last week's close": column(
        lambda p: p["date"].dt.to_period("W").map(p.groupby(p["date"].dt.to_period("W"))["close"].last().shift(1)),
        {"gap": "close / extra - 1"},
    ),
    "yesterday's volatility": column(lambda p: p["close"].pct_change().rolling(21).std()),
    "noise": column(lambda p: np.random.default_rng(2).normal(size=len(p))),
    "a season": column(lambda p: np.sin(2 * np.pi * p["date"].dt.dayofyear / 365.25)),
    "a slow random walk": column(lambda p: np.cumsum(np.random.default_rng(3).normal(size=len(p)))),
    "a market that closes later, with a lag": Clean(
        frame=lambda: market(1), features={"follows": "extra / ref(extra, 1) - 1"}, more=earlier_market
    ),
    "a market that closes later, on the same day": Clean(
        frame=lambda: market(1),
        features={"follows": "extra / ref(extra, 1) - 1"},
        more=same_day,
        suspects=frozenset({"data.references.extra"}),
    ),
    "members by their past volume": Clean(
        frame=lambda: with_column(
            market(4), lambda p: (p["volume"].rolling(60, min_periods=1).mean() > 1.0e6).astype(float)
        ),
        more=members,
    ),
    "weekly bars of daily ones": Clean(
        frame=lambda: market(2, 2600), features={"momentum": "close / ref(close, 5) - 1"}, more=weekly
    ),
    "texts": Clean(features={"mood": "sentiment", "momentum": "close / ref(close, 5) - 1"}, more=texts),
}
QUICK = tuple(itertools.islice(CONFIGURATIONS, 2, None, 7))
REST = tuple(name for name in CONFIGURATIONS if name not in QUICK)


def without_alarm(name: str, folder: Path) -> None:
    clean = CONFIGURATIONS[name]
    path = written(clean.frame(), folder)
    made = overrides_for(path, clean.features or {})
    if clean.features is None:
        made = [text for text in made if "features" not in text]
    if more := clean.more(folder):
        made = [text for text in made if not text.startswith("data")] + more
    replaced = {text.partition("=")[0].lstrip("~") for text in clean.overrides}
    base = [text for text in RETURNS if text.partition("=")[0] not in replaced]
    sections = {text.partition("=")[0] for text in clean.overrides if "." not in text.partition("=")[0]}
    base = [text for text in base if text.partition(".")[0] not in sections]
    report = examined([*base, *made, *clean.overrides], folder)
    assert [finding for finding in report.findings if finding.severity == "leak"] == []
    assert {finding.where for finding in report.findings} <= clean.suspects
    assert "shuffled" in report.tests


@pytest.mark.parametrize("name", QUICK)
def test_an_honest_experiment_raises_no_alarm(name: str, tmp_path: Path) -> None:
    without_alarm(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_no_honest_experiment_raises_an_alarm(name: str, tmp_path: Path) -> None:
    without_alarm(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SHOWN, "xagusd_hourly"])
def test_no_shipped_experiment_raises_an_alarm(name: str, tmp_path: Path) -> None:
    needs_its_data(name)
    report = examined([f"+experiment={name}"], tmp_path)
    assert [finding for finding in report.findings if finding.severity == "leak"] == []


def test_there_are_more_than_fifty_honest_configurations() -> None:
    assert len(CONFIGURATIONS) + len(SHOWN) >= 50
