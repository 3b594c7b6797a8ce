"""A program: runs every choice of every slot once, on little data, in the environment and the folder it starts in.

Writes outcomes.json: slot/choice -> "ran", or what was said instead.
"""

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd

from runner.cli import main
from runner.composition.catalog import slots
from runner.composition.combined import TEMPLATE
from runner.composition.places import config_files

QUICK = ("debug=fast", "debug.max_bars=600", "debug.max_folds=1", "tracking=none")
# Tried in this order until one takes the choice.
EXPERIMENTS = ("sp500_volatility", "sp500_direction", "us20_momentum", "nasdaq_technical", "sp500_regime")
TABLE = ("data=files", "data.path=bars.csv", "split.vault_start=null")
FIELDS = ("vwap", "dark_volume", "news_weight", "market", "usd", "yield_10y", "gold", "oil", "vix", "aaa", "baa")
SERVICE = ("data.symbols=[A]", "data.start=2005-01-03", "data.end=2011-01-01")
OWN_FEATURES = (
    "{_target_: components.features.expressions.ExpressionFeatures, definitions: {}, windows: [], "
    "expressions: {last: close}}"
)
OWN_MODEL = "{_target_: components.model.linear.Linear, features: null}"
# Ask vendors on the net with packages that may be there; tests/unit/components/data gives them servers of their own.
REMOTE = ("data/ccxt", "data/fred", "data/stooq")
# What a choice leaves open for its user to say.
OPEN = {
    "data/files": ("data.path=bars.csv",),
    "data/simulated": (
        "features=expressions",
        "features.expressions={change: 'close / ref(close, 5) - 1'}",
        "split.vault_start=null",
    ),
    "data/resampled": ("data.source.path=bars.csv", "data.bar=1d", "data.to=1w", "debug.max_bars=null"),
    "data/sentiment": ("data.path=texts.csv",),
    "data/sealed": ("data.visible.path=bars.csv", "data.rest=bars.sealed"),
    "data/sql": ("data.table=bars.csv",),
    "data/http": (*SERVICE, "data.url='http://127.0.0.1:PORT/bars.json?{symbol}'"),
    "data/yfinance": SERVICE,
    "data/ibkr": SERVICE,
    "features/expressions": ("features.expressions={change: 'close / ref(close, 5) - 1'}",),
    "data/reconciled": ("data@data.main=files", "data.main.path=bars.csv", "data.witness.path=bars.csv"),
    "data/releases": (
        "data.table.path=bars.csv",
        "data.table.symbol_column=null",
        "data.table.time_column=date",
        "data.period_column=date",
    ),
    "features/calendar": ("debug.max_bars=null",),
    "model/external": ("model.path=forecasts.csv", "model.horizon_column=null", "debug.max_bars=null"),
    "model/scikit_learn": ("model.estimator=linear_model.BayesianRidge",),
    "model/own_features": (f"model.features={OWN_FEATURES}", f"model.model={OWN_MODEL}"),
    "baselines/none": ("gates=deployment",),
    "split/calendar": ("debug.max_bars=null",),
    "portfolio/conviction": ("calibration=conformal", "debug.max_bars=null"),
    "portfolio/kelly": ("debug.max_bars=null",),
}


def write_tables() -> None:
    """bars.csv, with a column for every field that a shipped feature set reads, and texts.csv."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2005-01-03", periods=1400)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days))))
    bars = pd.DataFrame({"date": days, "open": close, "high": close * 1.01, "low": close * 0.99})
    bars = bars.assign(close=close * np.exp(rng.normal(0, 0.003, len(days))), volume=rng.integers(900, 1000, len(days)))
    bars = bars.assign(sentiment=rng.uniform(-1, 1, len(days)), news=rng.poisson(1.0, len(days)))
    bars = bars.assign(**{name: np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))) for name in FIELDS})
    bars.to_csv("bars.csv", index=False)
    answers = bars.iloc[:, 1:6].rename(columns=lambda name: name[0]).assign(t=bars["date"].dt.strftime("%Y-%m-%d"))
    Path("bars.json").write_text(json.dumps({"results": answers[list("tohlcv")].to_dict("records")}))
    made = pd.bdate_range("1999-01-04", "2018-12-31")
    forecasts = [
        pd.DataFrame({"symbol": s, "made_at": made, "mean": rng.normal(size=len(made))}) for s in ("sp500", "bars")
    ]
    pd.concat(forecasts).to_csv("forecasts.csv", index=False)
    texts = pd.DataFrame({"symbol": "sp500", "timestamp": days + pd.Timedelta("18h"), "text": "good news"})
    texts.to_csv("texts.csv", index=False)


@contextlib.contextmanager
def service() -> Iterator[int]:
    """The port of a server on this machine that gives what lies in the current folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def said(*arguments: str) -> tuple[int, str]:
    """Exit code and the lines on stderr of one command."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as complaint:
        code = main(arguments)
    return code, complaint.getvalue().strip()


def settings(slot: str, choice: str) -> Iterator[list[str]]:
    chosen = [f"{slot}={choice}", *OPEN.get(f"{slot}/{choice}", ())]
    for data in ((), TABLE) if slot != "data" else (TABLE[-1:],):
        for experiment in EXPERIMENTS:
            quick = [text for text in QUICK if not text.startswith((f"{slot}=", f"{slot}."))]
            yield [f"+experiment={experiment}", *quick, *data, *chosen]


def outcome(slot: str, choice: str) -> str:
    """Runs the choice in the first experiment that takes it; "ran", or what the first one said."""
    complaints = []
    for overrides in settings(slot, choice):
        code, complaint = said("check", *overrides)
        if code == 0:
            code, complaint = said(*overrides)
            if code == 0:
                return "ran"
        complaints.append(complaint)
    return next((text for text in complaints if "not installed" in text), complaints[0])


if __name__ == "__main__":
    write_tables()
    with service() as port:
        OPEN["data/http"] = tuple(text.replace("PORT", str(port)) for text in OPEN["data/http"])
        outcomes = {
            f"{slot}/{choice}": outcome(slot, choice)
            for slot in slots()
            for choice in config_files(slot)
            if choice != TEMPLATE and f"{slot}/{choice}" not in REMOTE
        }
    Path("outcomes.json").write_text(json.dumps(outcomes, indent=1))
