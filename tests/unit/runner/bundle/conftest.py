"""A small run to export: three symbols, trees on features of the close, volatility-targeted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from components.contracts import LAST_LABEL, FittedModel
from components.expressions import evaluate, parse, reach, shift, to_text
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.panel import Panel
from components.values import Output, Outputs, Samples
from harness import resources
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.bundle.writer import write_bundle

BARS = 400
PORTFOLIO = {
    "_target_": "components.portfolio.volatility_target.VolatilityTarget",
    "target_volatility": 0.1,
    "max_weight": 1.0,
    "forecast_unit": "log_variance",
}
GATES = {
    "passed": True,
    "gates": [
        {
            "name": "beats_last_value",
            "status": "passed",
            "required": True,
            "value": 3.1,
            "threshold": 1.645,
            "says": "errors are 8.2 % smaller | more than luck explains",
        },
        {
            "name": "exposure_skill",
            "status": "not_applicable",
            "required": False,
            "value": None,
            "threshold": None,
            "says": "no benchmark",
        },
    ],
}
RUN = {
    "experiment": "volatility",
    "run_id": "20200101-120000-abcdef01",
    "run_key": "abcdef0123456789",
    "seed": 7,
    "data": {
        "identity": "test",
        "description": "three random walks",
        "survivorship": "biased",
        "adjustment": "raw",
        "fingerprint": "f" * 64,
        "n_symbols": 3,
        "n_rows": 3 * BARS,
        "first": "2019-01-01",
        "last": "2020-02-04",
        "vault_start": None,
    },
    "folds": [
        {
            "number": 1,
            "train": [["2019-01-01", "2019-09-01"]],
            "valid": [["2019-09-01", "2019-11-01"]],
            "test": [["2019-11-01", "2020-02-05"]],
        }
    ],
    "trial": {"key": "k", "number": 3, "family_trials": 4, "counted": True},
    "git": {"commit": "0" * 40, "dirty": True},
    "versions": {"numpy": "2.4.6"},
    "ledger_head": "h" * 64,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """The bundle and what its run knows: panel, fitted model, test rows and their forecasts."""

    bundle: Bundle
    panel: Panel
    fitted: FittedModel
    row_M: Any
    forecast_M: Any

    def write(self, folder, name="vol", version=1, parity=None, **sections):
        parity = parity or {
            "passed": True,
            "first": "2019-11-01",
            "last": "2020-02-04",
            "forecasts": 288,
            "max_abs_difference": 0.0,
            "orders": 288,
            "differing_orders": 0,
            "tolerance": "none",
        }
        config = {"name": "volatility", "portfolio": PORTFOLIO, **sections}
        write_bundle(
            folder,
            self.bundle,
            name=name,
            version=version,
            config=config,
            run=RUN,
            gates=GATES,
            parity=parity,
        )
        return folder


def make_panel(symbols=("A", "B", "C"), bars=BARS, seed=0):
    rng = np.random.default_rng(seed)
    volatility = 0.01 * np.exp(np.cumsum(0.1 * rng.normal(size=(len(symbols), bars)), axis=1) * 0.3)
    close = 100 * np.exp(np.cumsum(rng.normal(size=(len(symbols), bars)) * volatility, axis=1))
    times = np.datetime64("2019-01-01", "us") + np.arange(bars) * np.timedelta64(1, "D")
    return Panel(
        symbols=symbols,
        offsets=np.arange(len(symbols) + 1) * bars,
        timestamps_R=np.tile(times, len(symbols)),
        fields={"close": close.ravel()},
    )


def make(model, portfolio=PORTFOLIO, **extra):
    panel = make_panel()
    label = parse("log(mean(ref((close / ref(close, 1) - 1) ** 2, -5), 5) + 1e-8)")
    nodes = {
        "variance_5": parse("log(mean((close / ref(close, 1) - 1) ** 2, 5) + 1e-8)"),
        "variance_22": parse("log(mean((close / ref(close, 1) - 1) ** 2, 22) + 1e-8)"),
        "trend": parse("close / mean(close, 10) - 1"),
        **{name: parse(text) for name, text in extra.items()},
        LAST_LABEL: shift(label, reach(label).lookahead_bars),
    }
    values_FR = evaluate(nodes, panel)
    y_R = evaluate({"label": label}, panel, dtype=np.float64)[0]
    ready_R = np.isfinite(values_FR).all(axis=0)
    inputs = model.inputs(tuple(name for name in nodes if name != LAST_LABEL))
    picked = np.array([list(nodes).index(name) for name in inputs], dtype=np.int64)
    split = panel.dates_T[300]

    def samples(rows):
        return Samples.of(
            X_NF=np.ascontiguousarray(values_FR[picked][:, rows].T),
            y_N=y_R[rows],
            columns=inputs,
            timestamps_N=panel.timestamps_R[rows],
            symbols_N=panel.symbol_codes_R[rows],
        )

    train = samples(np.flatnonzero(ready_R & np.isfinite(y_R) & (panel.timestamps_R < split)))
    row_M = np.flatnonzero(ready_R & (panel.timestamps_R >= split))
    fitted = model.fit(train, train, loss=Squared(), seed=0, resources=resources())
    recipe = Recipe(
        expressions={name: to_text(node) for name, node in nodes.items()},
        inputs=inputs,
        target=to_text(label),
        kind="level",
        horizon_bars=5,
        outputs=Outputs(columns=(Output(target="target", horizon_bars=5, statistic="mean"),)).to_json(),
        lookback_rows=1,
        portfolio=portfolio,
        constraints={"_target_": "components.constraints.none.NoConstraints"},
        bars_per_year=panel.bars_per_year,
        universe=panel.symbols,
    )
    bundle = Bundle(recipe=recipe, graph=fitted.to_onnx().SerializeToString())
    return Made(
        bundle=bundle,
        panel=panel,
        fitted=fitted,
        row_M=row_M,
        forecast_M=fitted.predict(samples(row_M))[:, 0],
    )


@pytest.fixture(scope="session")
def made():
    return make(LightGBM(**LightGBM.examples()[0]))


@pytest.fixture(scope="session")
def build():
    """make(model, portfolio, **extra expressions), for tests that need another run."""
    return make


@pytest.fixture
def bars_csv():
    """Writes the last bars of a panel, or a whole one, as a sorted CSV."""

    def write(path, panel, last=None):
        frame = panel.to_frame()
        frame["timestamp"] = np.datetime_as_string(panel.timestamps_R, unit="D")
        frame["close"] = [repr(float(value)) for value in panel.fields["close"]]
        (frame if last is None else frame.groupby("symbol").tail(last)).to_csv(path, index=False)
        return str(path)

    return write
