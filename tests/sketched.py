"""Made series of prices, and sketches of them taken apart."""

import numpy as np
import pandas as pd

from components.bars import Bars
from components.panel import Panel
from runner.recording.markets.sketch import Bits


def panel(prices: dict[str, pd.Series]) -> Panel:
    parts = [pd.DataFrame({"symbol": s, "timestamp": p.index, "close": p.to_numpy()}) for s, p in prices.items()]
    return Bars.from_frame(pd.concat(parts, ignore_index=True), where="test").ordered().to_panel()


def walk(seed: int, days: int = 600, first: str = "2015-01-01") -> pd.Series:
    moves = np.random.default_rng(seed).normal(0, 0.01, days)
    return pd.Series(100 * np.exp(np.cumsum(moves)), index=pd.bdate_range(first, periods=days))


def market(n: int, days: int = 700, corr: float = 0.6, seed: int = 0) -> dict[str, pd.Series]:
    """Correlated walks, as stocks of one industry are."""
    rng = np.random.default_rng([seed, n])
    common = rng.normal(0, 0.01, days)
    own = rng.normal(0, 0.01, (n, days))
    moves = np.sqrt(corr) * common + np.sqrt(1 - corr) * own
    index = pd.bdate_range("2014-01-02", periods=days)
    return {f"S{i:03}": pd.Series(50 * np.exp(np.cumsum(moves[i])), index=index) for i in range(n)}


def unpacked(bits: Bits, row: int) -> dict[int, tuple[bool, bool]]:
    def flags(words_SW):
        return np.unpackbits(words_SW[row].astype("<u8").view(np.uint8), bitorder="little").astype(bool)

    known, up, big = flags(bits.known_SW), flags(bits.up_SW), flags(bits.big_SW)
    return {64 * bits.first + int(at): (bool(up[at]), bool(big[at])) for at in np.flatnonzero(known)}
