"""Baselines that bring features of their own stay what they are, whatever the model reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from components.errors import ConfigError, DataError
from components.panel import Panel
from runner.composition.configure import configure
from runner.compute.forecast import Forecasts
from runner.compute.pipeline import Executed, execute, prepare, prepare_bars
from runner.compute.prepared import Prepared
from runner.compute.rivals import rows_without_features
from runner.compute.stage import Cache
from runner.console import Console
from runner.storage.store import Store
from runner.testing.data import panel

FLAGSHIP = ("+experiment=sp500_volatility", "debug.enabled=true", "debug.max_bars=2800", "split.n_folds=2")


@dataclass
class Ran:
    prepared: Prepared
    executed: Executed

    @property
    def har(self) -> Forecasts:
        return self.executed.baselines["har"]


def ran(folder: Path, *overrides: str, bars: Panel | None = None) -> Ran:
    experiment, _ = configure([*FLAGSHIP, *overrides])
    cache = Cache(store=Store(folder), progress=Console())
    prepared = prepare(experiment, cache) if bars is None else prepare_bars(experiment, bars, cache)
    return Ran(prepared, execute(experiment, prepared, cache))


def test_the_har_of_the_flagship_is_the_same_to_the_bit_for_every_set_of_features(tmp_path: Path) -> None:
    """Its train rows, its forecasts, and the rows on which it is compared."""
    plain = ran(tmp_path)
    for features in ("technical", "[volatility,calendar]", "direction"):
        other = ran(tmp_path, f"features={features}")
        assert other.har.values_MO.tobytes() == plain.har.values_MO.tobytes(), features
        assert (other.har.row_M == plain.har.row_M).all()
        assert (other.har.row_M == other.executed.forecasts.row_M).all()
    longest = ran(tmp_path, "features=technical")
    assert len(longest.prepared.folds[0].train_rows) < len(plain.prepared.folds[0].train_rows)


def late(panel_: Panel, symbol: int, bars: int) -> Panel:
    """The same market, of which one symbol has only its last bars."""
    first, last = panel_.offsets[symbol], panel_.offsets[symbol + 1]
    kept = np.ones(panel_.n_rows, dtype=bool)
    kept[first : last - bars] = False
    counts = np.array([kept[a:b].sum() for a, b in zip(panel_.offsets[:-1], panel_.offsets[1:], strict=True)])
    fields: Mapping[str, np.ndarray] = {name: values[kept] for name, values in panel_.fields.items()}
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(panel_, offsets=offsets, timestamps_R=panel_.timestamps_R[kept], fields=fields)


QUICK = ("~features.expressions", "+features.expressions={last: 'close / ref(close, 1)'}", "target.horizon_bars=1")


def test_where_it_has_no_features_it_forecasts_the_mean_of_its_train_rows(tmp_path: Path) -> None:
    """A symbol that is listed within a test span can be forecast after two bars, by the HAR after 23."""
    bars = late(panel(seed=3, symbols=3, bars=300), 2, 40)
    found = ran(tmp_path, *QUICK, bars=bars)
    har = found.har
    (said,) = rows_without_features(found.executed.rivals, found.prepared)
    assert said.startswith("baselines.har: has no features at 21 of ")
    assert (har.row_M == found.executed.forecasts.row_M).all()
    assert np.isfinite(har.values_MO).all()
    young_M = np.isin(har.row_M, bars.offsets[2] + np.arange(22)) & har.is_test_M
    mean_M = har.train_mean_K[har.fold_M - 1]
    assert young_M.sum() > 15
    assert (har.forecast_M[young_M] == mean_M[young_M]).all()
    assert (har.forecast_M[~young_M] != mean_M[~young_M]).all()


def test_a_baseline_without_any_row_of_its_own_is_refused_by_name(tmp_path: Path) -> None:
    bars = panel(seed=3, symbols=2, bars=120)
    with pytest.raises(DataError) as caught:
        ran(tmp_path, *QUICK, "baselines.har.features.windows=[110]", bars=bars)
    assert str(caught.value) == (
        "baselines.har: fold 1 has no train row with all of its features (log_variance_1, log_variance_110); shorten "
        "their windows, give more bars or leave the baseline out"
    )


MODEL = "{_target_: components.model.linear.Linear, features: null}"
FEATURES = (
    "{_target_: components.features.expressions.ExpressionFeatures, definitions: {}, windows: [], "
    "expressions: {last: close}}"
)


def test_a_model_with_features_of_its_own_reads_those_and_no_others(tmp_path: Path) -> None:
    chosen = ["model=own_features", f"model.features={FEATURES}", f"model.model={MODEL}"]
    _, composed = configure([*FLAGSHIP, *chosen])
    assert "features: not read: the model brings its own" in composed.notices
    found = ran(tmp_path, *chosen)
    assert list(found.prepared.columns) == ["last", "last_label"]
    plain = ran(
        tmp_path, "features=expressions", "~features.expressions", "+features.expressions={last: close}", "model=linear"
    )
    assert found.executed.forecasts.values_MO.tobytes() == plain.executed.forecasts.values_MO.tobytes()


def test_members_of_an_ensemble_read_the_same_features() -> None:
    own = f"{{_target_: components.model.own_features.OwnFeatures, features: {FEATURES}, model: {MODEL}}}"
    with pytest.raises(ConfigError) as caught:
        configure(["+experiment=sp500_volatility", "ensemble=blend", f"+ensemble.models.one={own}"])
    assert str(caught.value) == (
        "ensemble.models.one: brings features of its own, but members of an ensemble read the same ones"
    )
