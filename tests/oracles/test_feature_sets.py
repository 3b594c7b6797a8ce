"""The 360 features of qlib's Alpha360, against plain slices of the series.

The expressions are those of microsoft/qlib, contrib/data/loader.py: close, open, high, low and vwap of lags 59 to 0
divided by the close, then volume of the same lags divided by the volume.
"""

import numpy as np
import pytest
import yaml

from components.contracts import Features
from components.expressions import evaluate, parse
from components.panel import Panel
from runner.composition.build import build
from runner.composition.places import config_folder

FIELDS = ("close", "open", "high", "low", "vwap", "volume")


def series() -> Panel:
    """The deterministic series of the Alpha158 reference values."""
    t = np.arange(80)
    close = 100 + 5 * np.sin(0.3 * t) + 2 * np.cos(0.11 * t) + 0.05 * t
    open_ = close - 0.4 * np.cos(0.7 * t)
    high = np.maximum(open_, close) + 0.3 + 0.2 * abs(np.sin(0.5 * t))
    low = np.minimum(open_, close) - 0.25 - 0.2 * abs(np.cos(0.9 * t))
    volume = 1e6 * (1 + 0.3 * np.sin(0.21 * t) + 0.1 * np.cos(1.3 * t))
    columns = (close, open_, high, low, (high + low + close) / 3, volume)
    return Panel(
        symbols=("A",),
        offsets=np.array([0, 80]),
        timestamps_R=np.datetime64("2020-01-01") + t,
        fields=dict(zip(FIELDS, columns, strict=True)),
    )


def shipped(name: str) -> Features:
    content = yaml.safe_load((config_folder() / "features" / f"{name}.yaml").read_text())
    if "typical" in content["definitions"]:
        content["definitions"]["typical"] = "vwap"  # the market here has its own
    built = build(Features, content, path="features")
    assert isinstance(built, Features)
    return built


def test_alpha360_is_sixty_lags_of_six_fields_in_units_of_the_newest() -> None:
    features, panel = shipped("alpha360"), series()
    expected = {
        f"{field.upper()}{lag}": panel.fields[field][59 - lag : 80 - lag]
        / (panel.fields["volume"][59:] + 1e-12 if field == "volume" else panel.fields["close"][59:])
        for field in FIELDS
        for lag in range(59, -1, -1)
    }
    assert list(features.expanded()) == list(expected)
    assert len(expected) == 360
    nodes = {n: parse(text, let=features.definitions) for n, text in features.expanded().items()}
    values = evaluate(nodes, panel, dtype=np.float64)
    for (name, column), row in zip(expected.items(), values, strict=True):
        assert row[59:] == pytest.approx(column, rel=1e-12), name


def test_series_is_the_published_one() -> None:
    sums = {name: float(column.sum()) for name, column in series().fields.items()}
    assert sums == pytest.approx(
        {
            "open": 8182.480505,
            "high": 8226.717748,
            "low": 8141.968357,
            "close": 8182.224102,
            "volume": 82288334.267548,
            "vwap": 8183.636736,
        },
        abs=1e-5,
    )


def test_alpha158_keeps_the_order_of_its_source() -> None:
    names = list(shipped("alpha158").expanded())
    assert len(names) == 158
    assert names[:4] == ["KMID", "KLEN", "KMID2", "KUP"]
    assert names[9:18] == ["OPEN0", "HIGH0", "LOW0", "VWAP0", "ROC5", "ROC10", "ROC20", "ROC30", "ROC60"]
    assert names[-1] == "VSUMD60"
