"""Every feature of every shipped set, on a made-up panel with every field that any set needs.

A set added to conf/features/ is tested as soon as it exists.
"""

import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import yaml

from components.contracts import Features
from components.expressions import Node, evaluate, fields_of, parse, reach
from components.expressions.calendar import CALENDAR
from components.panel import Panel
from runner.composition.build import build
from runner.composition.places import config_folder

SETS = sorted(
    path.stem for path in config_folder().glob("features/*.yaml") if path.stem not in ("combined", "expressions")
)
LENGTHS = (1500, 1500, 1100)
POISONED = 700  # a bar of the first symbol


def shipped(name: str) -> Features:
    content = yaml.safe_load((config_folder() / "features" / f"{name}.yaml").read_text())
    built = build(Features, content, path="features")
    assert isinstance(built, Features)
    return built


@cache
def nodes_of(name: str) -> dict[str, Node]:
    features = shipped(name)
    fields = tuple(panel().fields)
    return {
        feature: parse(text, fields=fields, let=features.definitions, where=feature)
        for feature, text in features.expanded().items()
    }


@cache
def panel() -> Panel:
    """Three symbols, the last joining later, with everything that a set may ask for."""
    rng = np.random.default_rng(7)
    days = np.datetime64("2015-01-01T21:00") + np.arange(max(LENGTHS)).astype("timedelta64[D]")
    rows = sum(LENGTHS)
    close = 50 * np.exp(np.concatenate([np.cumsum(rng.normal(0, 0.02, n)) for n in LENGTHS]))
    open_ = close * np.exp(rng.normal(0, 0.01, rows))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.008, rows)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.008, rows)))
    volume = np.exp(rng.normal(13, 0.5, rows))
    levels = {"vix": 3.0, "aaa": 1.0, "baa": 1.5, "market": 6.0, "usd": 4.0, "yield_10y": 1.0, "gold": 7.0, "oil": 4.0}
    joined = {
        name: np.concatenate([np.exp(level + np.cumsum(rng.normal(0, 0.02, max(LENGTHS))))[-n:] for n in LENGTHS])
        for name, level in levels.items()
    }
    news = rng.poisson(0.4, rows).astype(float)
    return Panel(
        symbols=("A", "B", "C"),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
        timestamps_R=np.concatenate([days[-n:] for n in LENGTHS]),
        fields={
            **{"open": open_, "high": high, "low": low, "close": close, "volume": volume},
            **{"dark_volume": volume * rng.uniform(0.2, 0.5, rows)},
            **{"sentiment": rng.uniform(-0.9, 0.9, rows), "news": news, "news_weight": 0.7 * news},
            **joined,
        },
    )


@cache
def values_of(name: str) -> np.ndarray:
    return evaluate(nodes_of(name), panel(), dtype=np.float64)


@pytest.mark.parametrize("name", SETS)
def test_every_feature_has_a_comment(name: str) -> None:
    """Beside it or on the line above."""
    lines = (config_folder() / "features" / f"{name}.yaml").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("expressions:"))
    for above, line in pairwise(lines[start:]):
        if re.match(r"  \w", line):
            assert "#" in line or above.lstrip().startswith("#"), line


@pytest.mark.parametrize("name", SETS)
def test_looks_back_only(name: str) -> None:
    assert {feature: reach(node).lookahead_bars for feature, node in nodes_of(name).items()} == dict.fromkeys(
        nodes_of(name), 0
    )


@pytest.mark.parametrize("name", SETS)
def test_has_values_after_its_warm_up_and_none_before(name: str) -> None:
    for (feature, node), row in zip(nodes_of(name).items(), values_of(name), strict=True):
        lookback = reach(node).lookback_bars
        for start, end in zip(panel().offsets[:-1], panel().offsets[1:], strict=True):
            warm = row[start + lookback : end]
            assert not np.isfinite(row[start : start + lookback]).any(), feature
            assert np.isfinite(warm).mean() > 0.98, feature


@pytest.mark.parametrize("name", SETS)
def test_a_bar_is_read_as_long_as_the_derived_look_back_says_and_never_before_it_happened(name: str) -> None:
    fields = {field: values_R.copy() for field, values_R in panel().fields.items()}
    for values_R in fields.values():
        values_R[POISONED] = np.nan
    poisoned = Panel(symbols=panel().symbols, offsets=panel().offsets, timestamps_R=panel().timestamps_R, fields=fields)
    changed = evaluate(nodes_of(name), poisoned, dtype=np.float64)
    for (feature, node), before, after in zip(nodes_of(name).items(), values_of(name), changed, strict=True):
        own, other = before[: LENGTHS[0]], after[: LENGTHS[0]]
        differs = np.flatnonzero(~np.isclose(own, other, rtol=1e-7, atol=1e-12, equal_nan=True))
        assert own[:POISONED].tobytes() == other[:POISONED].tobytes(), feature
        if fields_of(node) <= set(CALENDAR):
            assert differs.size == 0, feature
        else:
            assert differs[-1] - POISONED == reach(node).lookback_bars, feature


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bar", [640, 1201])
def test_a_panel_cut_short_gives_the_same_bytes(name: str, bar: int) -> None:
    end = panel().timestamps_R[bar]
    known = panel().timestamps_R < end
    assert (
        values_of(name)[:, known].tobytes() == evaluate(nodes_of(name), panel().before(end), dtype=np.float64).tobytes()
    )


@pytest.mark.parametrize("name", SETS)
def test_no_two_features_of_a_set_are_the_same(name: str) -> None:
    seen: dict[Node, str] = {}
    for feature, node in nodes_of(name).items():
        assert node not in seen, f"{feature} is {seen[node]}"
        seen[node] = feature


def test_sets_do_not_depend_on_the_scale_of_prices_where_symbols_are_pooled() -> None:
    """Prices times 100 (a split, another currency) change no value of the sets without joined price levels."""
    prices = ("open", "high", "low", "close", "vwap")
    scaled = Panel(
        symbols=panel().symbols,
        offsets=panel().offsets,
        timestamps_R=panel().timestamps_R,
        fields={field: v * 100 if field in prices else v for field, v in panel().fields.items()},
    )
    for name in ("alpha158", "alpha360", "technical", "direction", "momentum", "sentiment", "volatility", "regime"):
        nodes = {f: n for f, n in nodes_of(name).items() if fields_of(n) & set(prices)}
        one = evaluate(nodes, panel(), dtype=np.float64)
        other = evaluate(nodes, scaled, dtype=np.float64)
        for feature, a, b in zip(nodes, one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=feature)
