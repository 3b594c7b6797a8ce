"""Planted leaks: each is found, by the test that it is for and at the place where it is."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.errors import ConfigError, ContractError
from leakage.corpus import EXTRA, FEATURES, RETURNS, examined, market, overrides_for, with_column, written

PACKAGE = "leakage.planted"
Frame = pd.DataFrame


@pytest.fixture(autouse=True)
def planted_components(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_COMPONENTS", PACKAGE)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """test, where: what must be found, and how its place begins; the rest makes the experiment."""

    test: str
    where: str
    frame: Callable[[], Frame] = market
    features: Mapping[str, str] = field(default_factory=lambda: FEATURES)
    overrides: tuple[str, ...] = ()
    sections: Callable[[Path], dict[str, dict[str, Any]]] = lambda path: {}
    more: Callable[[Path], list[str]] = lambda folder: []
    severity: str = "leak"


def column(make: Callable[[Frame], Any]) -> dict[str, Any]:
    """A column of the file that was computed with hindsight."""
    frame = lambda: with_column(market(), lambda part: pd.Series(make(part)))  # noqa: E731
    return {"test": "inputs", "where": "data.extra", "frame": frame, "features": EXTRA}


def source(name: str, where: str = "data.extra") -> Planted:
    made = lambda path: {"data": {"_target_": f"{PACKAGE}.sources.{name}", "path": str(path)}}  # noqa: E731
    return Planted(test="source", where=where, frame=lambda: market(6, drift=0.0), features=EXTRA, sections=made)


def component(slot: str, cls: str, test: str, where: str, *, severity: str = "leak", **parameters: Any) -> Planted:
    """A component of a user's package."""
    made = lambda path: {slot: {"_target_": f"{PACKAGE}.{cls}", **parameters}}  # noqa: E731
    return Planted(test=test, where=where, sections=made, severity=severity)


def shifted_source(path: Path) -> dict[str, dict[str, Any]]:
    inner = {
        "_target_": "components.data.files.Files",
        "path": str(path),
        "symbol_column": "symbol",
        "time_column": "date",
        "date_format": None,
        "clock_column": None,
        "time_zone": None,
        "decimal": ".",
        "wide": None,
        "columns": {},
        "select": ["close", "open", "high", "low", "volume"],
        "encoding": None,
        "delimiter": None,
        "header": None,
        "sheet": None,
        "survivorship": "unknown",
        "adjustment": "raw",
        "adjust_by": None,
        "folder_env": None,
        "symbols": None,
    }
    return {"data": {"_target_": f"{PACKAGE}.sources.Shifted", "source": inner}}


def weekly_reference(folder: Path) -> list[str]:
    """A week's last close filed at its first day, as if it were known then."""
    bars = market(1)
    last = bars.groupby(bars["date"].dt.to_period("W"))["close"].last()
    written(pd.DataFrame({"date": last.index.start_time, "value": last.to_numpy()}), folder, "reference.csv")
    return joined(folder, "reference.csv")


def next_reference(folder: Path) -> list[str]:
    """Another market's close, filed a day early."""
    bars = market(1)
    written(pd.DataFrame({"date": bars["date"], "value": bars["close"].shift(-1).ffill()}), folder, "reference.csv")
    return joined(folder, "reference.csv")


def joined(folder: Path, name: str, lag: int = 0) -> list[str]:
    path = folder / "bars.csv"
    return [
        "data=joined",
        "data@data.main=files",
        f"data.main.path={path}",
        "data.main.symbol_column=symbol",
        "+data@data.references.extra.source=files",
        f"data.references.extra.source.path={folder / name}",
        "+data.references.extra.field=value",
        "+data.references.extra.symbol=null",
        "+data.references.extra.stamps=date",
        "+data.references.extra.lag_days=0",
        f"+data.references.extra.lag_bars={lag}",
        "+data.references.extra.max_age_days=null",
    ]


def universe(folder: Path) -> list[str]:
    path = folder / "bars.csv"
    return [
        "data=joined",
        "data@data.main=files",
        f"data.main.path={path}",
        "data.main.symbol_column=symbol",
        "data.universe_field=extra",
    ]


def ema(values: np.ndarray) -> np.ndarray:
    out = values.copy()
    for t in range(1, len(values)):
        out[t] = 0.9 * out[t - 1] + 0.1 * values[t]
    return out


def last_of_week(part: Frame) -> Any:
    return part.groupby(part["date"].dt.to_period("W"))["close"].transform("last")


COSTS = {
    "capital": 1e6,
    "execution_lag_bars": 1,
    "price": "close",
    "cost_bps": 1.0,
    "borrow_bps_annual": 0.0,
    "financing_bps_annual": 0.0,
    "cash_bps_annual": 0.0,
    "rebalance_band": 0.0,
    "delisting_bars": 5,
    "delisting_haircut": 0.0,
}
LEVEL = {"level": "log(close)", "momentum": "close / ref(close, 5) - 1"}
VOLUME_LEVEL = {"activity": "log(volume)", "momentum": "close / ref(close, 5) - 1"}

LEAKS = {
    # Columns of a file.
    "the next close": Planted(**column(lambda p: p["close"].shift(-1).ffill())),
    "the close of five bars later": Planted(**column(lambda p: p["close"].shift(-5).ffill())),
    "the next return": Planted(**column(lambda p: p["close"].shift(-1) / p["close"] - 1)),
    "the sign of the next move": Planted(**column(lambda p: np.sign(p["close"].shift(-1) - p["close"]).fillna(0))),
    "the label itself": Planted(
        **column(lambda p: p["close"].shift(-2) / p["close"].shift(-1) - 1)
        | {"test": "inputs", "where": "features.expressions.extra"}
    ),
    "a centred mean": Planted(**column(lambda p: p["close"].rolling(11, center=True).mean())),
    "a z-score in a centred window": Planted(
        **column(lambda p: (p["close"] - (m := p["close"].rolling(21, center=True)).mean()) / m.std())
    ),
    "an average of reversed time": Planted(**column(lambda p: ema(p["close"].to_numpy()[::-1])[::-1])),
    "reversed row order": Planted(**column(lambda p: p["close"].to_numpy()[::-1].copy())),
    "the volatility of the next 21 bars": Planted(
        **column(lambda p: np.log(p["close"]).diff().rolling(21).std().shift(-21))
    ),
    "a week's last close on its Monday": Planted(**column(last_of_week)),
    "the mean of the next ten closes": Planted(**column(lambda p: p["close"].rolling(10).mean().shift(-10))),
    "the next move under noise": Planted(
        **column(lambda p: p["close"].pct_change().shift(-1) + np.random.default_rng(1).normal(0, 0.003, len(p)))
    ),
    "members chosen by their next move": Planted(
        test="inputs",
        where="data.in_universe",
        frame=lambda: with_column(market(), lambda p: (p["close"].shift(-1) > p["close"]).astype(float)),
        more=universe,
    ),
    "a reference whose week is filed on its Monday": Planted(
        test="inputs", where="data.extra", features=EXTRA, frame=lambda: market(1), more=weekly_reference
    ),
    "a reference filed a day early": Planted(
        test="inputs", where="data.extra", features=EXTRA, frame=lambda: market(1), more=next_reference
    ),
    # Configurations.
    "a move that begins before it can be traded": Planted(
        test="static", where="target", overrides=("target.skip_bars=0",), severity="suspect"
    ),
    "the same with a longer lag": Planted(
        test="static", where="target", overrides=("backtest.execution_lag_bars=3",), severity="suspect"
    ),
    "the level of adjusted prices": Planted(
        test="rescale", where="features.expressions.level", features=LEVEL, overrides=("data.adjustment=total",)
    ),
    "the level of volumes adjusted for splits": Planted(
        test="rescale",
        where="features.expressions.activity",
        features=VOLUME_LEVEL,
        overrides=("data.adjustment=split",),
    ),
    # Sources and quality policies.
    "volume standardised by all of history": source("FullSampleScore"),
    "a series filled backwards": source("BackwardFilled"),
    "a centred smoother in the source": source("CentredVolume"),
    "survivors only": source("Survivors", "data (symbol"),
    "prices divided by the last one": source("BackAdjusted", "data.open"),
    "loadings of the whole history": source("PrincipalComponent"),
    "a share of all that was ever traded": source("ShareOfHistory"),
    "bars before a crash left out": source("DroppedCrashes", "data (symbol"),
    "a source that shifts another one": Planted(
        test="source", where="data.extra", features=EXTRA, sections=shifted_source
    ),
    "holes filled between their neighbours": component("quality", "policies.Interpolated", "quality", "quality.volume"),
    "outliers by a quantile of all of history": component(
        "quality", "policies.WithoutOutliers", "quality", "quality (symbol"
    ),
    # Splits and targets.
    "a target of one's own that begins now": component(
        "target", "traders.MoveFromNow", "static", "target", severity="suspect"
    ),
    # Preprocessors.
    "scaled over the span it transforms": component("preprocess", "preprocessors.BatchScaled", "cut", "preprocess"),
    "features of the next row": component("preprocess", "preprocessors.NextRow", "poison", "preprocess"),
    "ranks over the span": component("preprocess", "preprocessors.RankedInSpan", "cut", "preprocess"),
    "a mean over all fits so far": component("preprocess", "preprocessors.Remembering", "replay", "preprocess"),
    # Models and ensembles.
    "forecasts smoothed with later ones": component("model", "models.Smoothing", "cut", "model"),
    "forecasts standardised over the span": component("model", "models.BatchCentred", "poison", "model"),
    "forecasts from the next row": component("model", "models.Leading", "cut", "model"),
    "labels of validation remembered": component("model", "models.ValidationMemory", "shuffled", "model (valid"),
    "labels of all fits remembered": component("model", "models.LabelMemory", "refit", "model"),
    "a model that is not what it wrote down": component("model", "models.Forgetful", "replay", "model"),
    "an ensemble tuned on all": component("ensemble", "models.TunedOnAll", "shuffled", "model (valid"),
    "calibrated by the mean of the span": component(
        "calibration", "calibrations.CentredInSpan", "poison", "calibration (fold"
    ),
    # Portfolios and backtests.
    "the next date's forecast": component("portfolio", "traders.Peeking", "poison", "portfolio"),
    "the largest forecast of all of history": component("portfolio", "traders.WholeScale", "poison", "portfolio"),
    "volatility of all of history": component("portfolio", "traders.WholeVolatility", "cut", "portfolio"),
    "the return of the next bar": component("portfolio", "traders.NextReturns", "cut", "portfolio"),
    "fills on the bar of the decision": component("backtest", "traders.SameBar", "static", "backtest", **COSTS),
    "the next date's weights": component("backtest", "traders.NextWeights", "poison", "backtest", **COSTS),
    "the better of two closes": component("backtest", "traders.BestPrice", "cut", "backtest", **COSTS),
}
QUICK = tuple(itertools.islice(LEAKS, 0, None, 5))
REST = tuple(name for name in LEAKS if name not in QUICK)


def caught(name: str, folder: Path) -> None:
    planted = LEAKS[name]
    path = written(planted.frame(), folder)
    overrides = [*RETURNS, *overrides_for(path, planted.features), *planted.overrides]
    if more := planted.more(folder):
        overrides = [text for text in overrides if not text.startswith("data")] + more
    report = examined(overrides, folder, planted.sections(path))
    found = [finding for finding in report.findings if finding.severity == planted.severity]
    assert [f for f in found if f.test == planted.test and f.where.startswith(planted.where)], report.findings


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_leak_is_caught(name: str, tmp_path: Path) -> None:
    caught(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_every_planted_leak_is_caught(name: str, tmp_path: Path) -> None:
    caught(name, tmp_path)


@pytest.mark.parametrize("text", ["ref(close, -1) / close", "mean(ref(close, -10), 20)", "ref(mean(close, 5), -2)"])
def test_a_feature_that_looks_forward_is_refused_before_it_is_computed(text: str, tmp_path: Path) -> None:
    path = written(market(1, 300), tmp_path)
    with pytest.raises(ConfigError, match=r"features\.expressions\.ahead: looks \d+ bars? into the future"):
        examined([*RETURNS, *overrides_for(path, {"ahead": text})], tmp_path)


@pytest.mark.parametrize("name", ["ValidAfterTest", "ValidIsTest", "TrainedOnTest"])
def test_a_split_with_overlapping_spans_is_refused(name: str, tmp_path: Path) -> None:
    path = written(market(1, 300), tmp_path)
    made = {"split": {"_target_": f"{PACKAGE}.traders.{name}", "vault_start": None}}
    with pytest.raises(ContractError, match="the intervals of a span may not overlap"):
        examined([*RETURNS, *overrides_for(path, FEATURES)], tmp_path, made)


def test_the_corpus_has_more_than_thirty_kinds() -> None:
    assert len(LEAKS) >= 45
    assert {planted.test for planted in LEAKS.values()} >= {
        "static", "cut", "poison", "replay", "rescale", "inputs", "source", "quality", "refit", "shuffled",
    }  # fmt: skip
