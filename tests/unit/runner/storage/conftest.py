"""A ragged market: symbols that begin late, end early and miss bars."""

import numpy as np
import pytest

from components.panel import Panel

DAYS = 120


@pytest.fixture(scope="session")
def market() -> Panel:
    rng = np.random.default_rng(7)
    days = np.datetime64("2020-01-01", "us") + np.arange(DAYS) * np.timedelta64(1, "D")
    present_ST = np.ones((5, DAYS), dtype=bool)
    present_ST[1, :70] = False  # listed late
    present_ST[2, 80:] = False  # delisted
    present_ST[3, 40:55] = False  # halted
    present_ST[4, rng.random(DAYS) < 0.2] = False
    counts = present_ST.sum(axis=1)
    close = np.round(np.concatenate([20 * np.exp(np.cumsum(rng.normal(0, 0.02, n))) for n in counts]), 2)
    volume = np.round(rng.lognormal(10, 1, len(close)))
    volume[rng.random(len(close)) < 0.01] = np.nan
    return Panel(
        symbols=("A", "B", "C", "D", "E"),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        timestamps_R=np.concatenate([days[present] for present in present_ST]),
        fields={"close": close, "volume": volume},
    )
