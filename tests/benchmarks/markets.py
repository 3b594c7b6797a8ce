"""Markets under other names, on real panels: kinds of sameness recognised, distinct stocks told apart, size and time.

Reads the folder that ASSAY_DATA names, else ../shared/data; `python tools/bench.py --record markets` keeps what it
says in results/markets.json.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from components.bars import Bars
from components.panel import Panel
from harness import data_folder
from runner.recording.markets.alike import alike
from runner.recording.markets.sketch import Sketch, sketch_of

PANELS = {
    "large caps": ("us_large_cap_daily", "close", ("AAPL", "XOM", "JPM", "KO", "NVDA", "GE", "F", "T", "MSFT", "WMT")),
    "semiconductors": ("semis_daily", "close", ("NVDA", "AMD", "INTC", "QCOM", "TXN", "MU", "AMAT", "ASML")),
    "funds": ("etf_adjclose_daily", "adj_close", ("SPY", "QQQ", "TLT", "GLD", "EEM", "XLE", "HYG", "USO")),
    "currencies and metals": ("fx_metal_index_daily", "close", ("AUDUSD", "EURUSD", "USDJPY", "XAUUSD", "XAGUSD")),
    "rates and indices": ("macro_daily", "value", ("DGS10", "SPX_CLOSE", "WTI", "BAMLH0A0HYM2")),
    "acquired members": ("sp500_2015_2020_other", "close", ("CELG", "TWX", "RTN", "FB", "ANTM")),
    "one year of minutes": ("xagusd_minute", "close", ("XAGUSD",)),
}
ONE_MARKET = (
    (("etf_adjclose_daily", "adj_close", "SPY"), ("macro_daily", "value", "SPX_CLOSE")),
    (("etf_adjclose_daily", "adj_close", "IWM"), ("macro_daily", "value", "RUT_CLOSE")),
    (("etf_adjclose_daily", "adj_close", "QQQ"), ("fx_metal_index_daily", "close", "NAS100")),
    (("etf_adjclose_daily", "adj_close", "GLD"), ("fx_metal_index_daily", "close", "XAUUSD")),
    (("etf_adjclose_daily", "adj_close", "SLV"), ("fx_metal_index_daily", "close", "XAGUSD")),
    (("us_etf_daily", "close", "SPY"), ("fx_metal_index_daily", "close", "SPX500")),
    (("spy_hourly", "close", "SPY"), ("etf_adjclose_daily", "adj_close", "SPY")),
    (("us_large_cap_daily", "close", "GOOG"), ("us_large_cap_daily", "close", "GOOGL")),
    (("sp500_2015_2020_other", "close", "NWS"), ("sp500_2015_2020_other", "close", "NWSA")),
    (("sp500_2015_2020_other", "close", "FB"), ("megacap_daily", "close", "META")),
)

Frame = pd.DataFrame


def read(name: str, price: str) -> Frame:
    """symbol, timestamp, close; and what adjusts it for dividends, where that is known."""
    frame = pd.read_parquet(data_folder() / f"{name}.parquet")
    stamps = pd.to_datetime(frame["timestamp"], utc=True).dt.tz_localize(None)
    known = {"adj_factor": frame["adj_factor"]} if "adj_factor" in frame else {}
    made = pd.DataFrame({"symbol": frame["symbol"].astype(str), "timestamp": stamps, "close": frame[price], **known})
    return made.dropna(subset=["close"])


def bars(frame: Frame) -> Panel:
    return Bars.from_frame(frame[["symbol", "timestamp", "close"]], where="benchmark").ordered().to_panel()


def weekly(frame: Frame) -> Frame:
    last = frame.set_index("timestamp").groupby("symbol")["close"].resample("W-FRI").last().dropna()
    return last.reset_index()


def rescaled(frame: Frame, factor: float) -> Frame:
    return frame.assign(close=frame["close"] * factor)


def adjusted(frame: Frame) -> Frame:
    """For dividends: by what is known of them, else by one of half a per cent a quarter."""
    if "adj_factor" in frame:
        return frame.assign(close=frame["close"] * frame["adj_factor"])
    quarters = (frame["timestamp"] - frame["timestamp"].min()).dt.days // 91
    return frame.assign(close=frame["close"] * np.exp(0.005 * quarters))


def rounded(frame: Frame) -> Frame:
    """To four digits of the usual price."""
    usual = frame.groupby("symbol")["close"].transform(lambda close: close.abs().median())
    grid = 10.0 ** (np.floor(np.log10(usual)) - 3)
    return frame.assign(close=(frame["close"] / grid).round() * grid)


def another_vendor(frame: Frame) -> Frame:
    """Prices that differ by two basis points, and ten days that one of them lacks."""
    noise = np.random.default_rng(1).normal(0, 2e-4, len(frame))
    days = frame["timestamp"].dt.floor("D")
    lacking = np.random.default_rng(2).choice(days.unique(), 10, replace=False)
    return frame.assign(close=frame["close"] * np.exp(noise))[~days.isin(lacking)]


def dropped(frame: Frame) -> Frame:
    days = frame["timestamp"].dt.floor("D")
    kept = pd.Series(np.random.default_rng(3).random(days.nunique()) > 0.1, index=sorted(days.unique()))
    return frame[days.map(kept).astype(bool)]


def fewer(frame: Frame) -> Frame:
    """The first three quarters of the days: the other one has more bars."""
    return frame[frame["timestamp"] < frame["timestamp"].quantile(0.75)]


def shifted(days: int) -> Callable[[Frame], Frame]:
    return lambda frame: frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(days=days))


KINDS: dict[str, tuple[Callable[[Frame], Frame], ...]] = {
    "another file name or format": (lambda frame: frame.astype({"close": "float32"}).astype({"close": "float64"}),),
    "renamed symbols": (lambda frame: frame.assign(symbol="Z" + frame["symbol"].str[::-1] + ".US"),),
    "prices x c": (lambda frame: rescaled(frame, 0.0371), lambda frame: rescaled(frame, 1e4)),
    "dividend-adjusted": (adjusted,),
    "rounded": (rounded,),
    "another vendor": (another_vendor,),
    "a subset": (lambda frame: frame[frame["symbol"].isin(sorted(frame["symbol"].unique())[::2])],),
    "more bars": (fewer,),
    "shifted by up to 3 days": tuple(shifted(days) for days in (-3, -2, -1, 1, 2, 3)),
    "weekly": (weekly,),
    "dropped days": (dropped,),
    "inverted quotes": (lambda frame: frame.assign(close=1 / frame["close"].where(frame["close"] > 0)).dropna(),),
}


def recognised(changed: Panel, whole: Panel, original: Callable[[str], str]) -> tuple[int, int]:
    """How many of the changed symbols are found in their own, and how many pairs are wrong."""
    pairs = alike(sketch_of(changed), sketch_of(whole))
    found = np.isin(pairs.kinds(), ("same", "market"))
    own = [original(changed.symbols[row]) for row in pairs.own_N[found]]
    right = [name == whole.symbols[row] for name, row in zip(own, pairs.other_N[found], strict=True)]
    return len({name for name, fits in zip(own, right, strict=True) if fits}), len(right) - sum(right)


def kinds_of_sameness() -> dict[str, dict[str, str]]:
    """Panel -> kind -> recognised of all symbols, of the worst variant."""
    table: dict[str, dict[str, str]] = {}
    for panel, (name, price, symbols) in PANELS.items():
        frame = read(name, price)
        frame = frame[frame["symbol"].isin(symbols)]
        whole = bars(frame)
        for kind, variants in KINDS.items():
            worst, wrong, total = 10**9, 0, 0
            for variant in variants:
                changed = bars(variant(frame))
                back = (lambda n: n[1:-3][::-1]) if kind == "renamed symbols" else (lambda n: n)
                found, mistaken = recognised(changed, whole, back)
                worst, wrong, total = min(worst, found), wrong + mistaken, len(changed.symbols)
            table.setdefault(panel, {})[kind] = f"{worst} of {total}" + (f", {wrong} wrong" if wrong else "")
    return table


def one_market() -> dict[str, str]:
    said = {}
    for sides in ONE_MARKET:
        one, two = (sketch_of(bars(read(name, price).query("symbol == @symbol"))) for name, price, symbol in sides)
        pairs = alike(one, two)
        kind = str(pairs.kinds()[0]) if len(pairs.own_N) else "nothing"
        said[" - ".join(symbol for _, _, symbol in sides)] = kind
    return said


def distinct(sketch: Sketch, symbols: tuple[str, ...]) -> list[str]:
    """Pairs of the large caps that are taken for one market."""
    pairs = alike(sketch, sketch)
    taken = np.isin(pairs.kinds(), ("same", "market")) & (pairs.own_N < pairs.other_N)
    return [f"{symbols[a]}/{symbols[b]}" for a, b in zip(pairs.own_N[taken], pairs.other_N[taken], strict=True)]


def windows(panel: Panel, days: int) -> dict[str, int]:
    """How many of all pairs are taken for one market in windows of so many sessions."""
    times, counts = panel.dates_T, {"windows": 0, "pairs": 0, "mistaken": 0}
    for begin in range(0, len(times) - days + 1, max(days, (len(times) - days) // 7 or 1)):
        inside = (panel.timestamps_R >= times[begin]) & (panel.timestamps_R <= times[begin + days - 1])
        part = panel.take(inside)
        counts["windows"] += 1
        counts["pairs"] += len(part.symbols) * (len(part.symbols) - 1) // 2
        mistaken = distinct(sketch_of(part), part.symbols)
        counts["mistaken"] += len([pair for pair in mistaken if pair != "GOOG/GOOGL"])
    return counts


def timed(sketch: Sketch) -> dict[str, float]:
    """500 symbols against 5,000 known ones, of which 500 are the same and the others have their signs drawn."""
    rng = np.random.default_rng(0)
    rows = np.arange(5000) % len(sketch.daily.known_SW)
    known = sketch.take(rows)
    for bits in (known.daily, known.weekly):
        drawn = rng.integers(0, 2**63, size=bits.up_SW.shape, dtype=np.uint64) << np.uint64(1)
        bits.up_SW[500:] = drawn[500:] & bits.known_SW[500:]
    own = sketch.take(np.arange(500) % len(sketch.daily.known_SW))
    began, used = time.perf_counter(), time.process_time()
    found = alike(own, known)
    return {
        "pairs_found": len(found.own_N),
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(time.process_time() - used, 2),
    }


def figures() -> Iterator[dict[str, Any]]:
    large = bars(read("us_large_cap_daily", "close"))
    began = time.process_time()
    sketch = sketch_of(large)
    sketching = time.process_time() - began
    for panel, kinds in kinds_of_sameness().items():
        yield {"name": f"recognised, {panel}", **kinds}
    yield {"name": "one market", **one_market()}
    pairs = len(large.symbols) * (len(large.symbols) - 1) // 2
    yield {"name": "distinct large caps", "pairs": pairs, "taken for one": distinct(sketch, large.symbols)}
    for days in (130, 260, 520):
        yield {"name": f"distinct large caps, {days} sessions", **windows(large, days)}
    yield {"name": "500 symbols against 5,000", **timed(sketch)}
    size = round(len(sketch.to_bytes()) / len(large.symbols))
    yield {"name": "sketch of ten years", "bytes_a_symbol": size, "bars": large.n_rows, "processor_seconds": sketching}


if __name__ == "__main__":
    for line in figures():
        print(json.dumps(line))
