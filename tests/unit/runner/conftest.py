"""A market whose drift lasts for weeks, so that honest runs pass every gate in a moment."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FEATURES = {
    "r1": "close / ref(close, 1) - 1",
    "d5": "close / mean(close, 5) - 1",
    "d20": "close / mean(close, 20) - 1",
    "span": "log(high / low)",
    "activity": "log(volume / mean(volume, 20))",
}
TWO_FIELDS = {name: text for name, text in FEATURES.items() if name != "span"}


def market(symbols: int, bars: int) -> pd.DataFrame:
    """Symbol, date and open to volume."""
    parts = []
    for number in range(symbols):
        rng = np.random.default_rng([7, number])
        drift = np.zeros(bars)
        for t in range(1, bars):
            drift[t] = 0.97 * drift[t - 1] + rng.normal(0, 0.0025)
        close = 100 * np.exp(np.cumsum(drift + rng.normal(0, 0.004, bars)))
        opening = close * np.exp(rng.normal(0, 0.002, bars))
        columns = {
            "open": opening,
            "high": np.maximum(opening, close) * np.exp(rng.uniform(0, 0.004, bars)),
            "low": np.minimum(opening, close) * np.exp(-rng.uniform(0, 0.004, bars)),
            "close": close,
            "volume": np.round(1e6 * np.exp(rng.normal(0, 0.3, bars))),
        }
        dates = pd.bdate_range("2018-01-02", periods=bars)
        parts.append(pd.DataFrame({"symbol": f"S{number:02}", "date": dates, **columns}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a ledger of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


def command_line(
    place: Path,
    symbols: int,
    bars: int,
    *more: str,
    vault: str = "null",
    features: Mapping[str, str] = FEATURES,
    member: bool = False,
) -> list[str]:
    """The command line of a run on such a market, written to bars.csv of the place."""
    frame = market(symbols, bars)
    if features == TWO_FIELDS:
        frame = frame.drop(columns=["open", "high", "low"])
    if member:  # the last symbol leaves for a while
        away = (frame["symbol"] == frame["symbol"].max()) & frame["date"].between("2019-06-03", "2019-09-02")
        frame["member"] = (~away).astype(float)
    frame.to_csv(place / "bars.csv", index=False)
    source = (
        ["data=joined", "data@data.main=files", "data.main.path=bars.csv", "data.main.symbol_column=symbol",
         "data.universe_field=member"]
        if member
        else ["data=files", "data.path=bars.csv", "data.symbol_column=symbol"]
    )  # fmt: skip
    listed = ",".join(f"{name}: '{text}'" for name, text in features.items())
    return [
        "name=drift", *source, "features=expressions", "features.windows=[5]", "~features.expressions",
        f"+features.expressions={{{listed}}}", "target=forward_return", "target.horizon_bars=5",
        "target.skip_bars=1", "target.cross_sectional=none", "split.n_folds=3", f"split.vault_start={vault}",
        "model=ridge", "baselines=naive", "portfolio=return_sign", "portfolio.short_exposure=1.0",
        "gates=returns", "tracking=none", *more,
    ]  # fmt: skip


@pytest.fixture(scope="session")
def command_in() -> Callable[..., list[str]]:
    """command_in(place, symbols, bars, vault, ...): see `command_line`."""
    return command_line


@pytest.fixture
def command(place: Path) -> Callable[..., list[str]]:
    """command(symbols, bars, vault, ...): the same in an empty working folder."""
    return partial(command_line, place)
