"""Files without a header: the layouts that vendors are known to write, recognised by what the columns hold."""

from collections.abc import Sequence

import numpy as np

from components.tables.numbers import apart, value_of
from components.values import Float

KLINES = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
"""https://github.com/binance/binance-public-data: candles of spot and futures."""
FEWEST_ROWS = 3


def recognised(rows: Sequence[Sequence[str]], dates: Sequence[int]) -> tuple[list[str], str]:
    """Names for the columns of rows without a header, and why; column_1, column_2, ... where nothing is certain."""
    n = len(rows[0]) if rows else 0
    plain = [f"column_{place + 1}" for place in range(n)]
    numbers = [_numbers([row[c] for row in rows]) for c in range(n)]
    epochs = [c for c in range(n) if _is_epoch(numbers[c])]
    first = next((c for c in (0, 1) if c in (*dates, *epochs)), None)
    unknown = (plain, "the columns are called column_1, column_2, ...")
    if len(rows) < FEWEST_ROWS or first is None:
        return unknown
    clock = first + 1 < n and _is_clock([row[first + 1] for row in rows])
    start = first + 1 + clock
    order = _price_order(numbers[start : start + 4])
    if order is None:
        return unknown
    if n == len(KLINES) and start == 1 and 6 in epochs and order == ("open", "high", "low", "close"):
        return list(KLINES), "the columns are those of Binance's candles (open_time, open, ...)"
    names = [*plain[:first], "date" if clock else "timestamp", *(["time"] if clock else []), *order]
    if first == 1:
        names[0] = "symbol"
    if start + 4 < n and _is_volume(numbers[start + 4]):
        names.append("volume")
    names += plain[len(names) :]
    return names, f"the columns are taken as {', '.join(names)}, by what they hold"


def _numbers(cells: Sequence[str]) -> Float:
    parts = [apart(cell) for cell in cells]
    if any(part is None for part in parts):
        return np.full(len(cells), np.nan)
    comma = any("," in part.core for part in parts if part) and not any("." in part.core for part in parts if part)
    return np.array([value_of(part, "," if comma else ".") for part in parts if part is not None])


def _is_epoch(values_N: Float) -> bool:
    """Numbers since 1970 in seconds or finer that go one way."""
    if not np.isfinite(values_N).all() or len(values_N) < FEWEST_ROWS or (values_N < 3e8).any():
        return False
    steps_N = np.diff(values_N)
    return bool((steps_N >= 0).all() or (steps_N <= 0).all())


def _is_clock(cells: Sequence[str]) -> bool:
    digits = [cell for cell in cells if cell.isdigit() and len(cell) in (4, 6)]
    return all(":" in cell and cell[0].isdigit() for cell in cells) or len(digits) == len(cells)


def _is_volume(values_N: Float) -> bool:
    known_N = values_N[np.isfinite(values_N)]
    return len(known_N) > 0 and bool((known_N >= 0).all())


def _price_order(columns: Sequence[Float]) -> tuple[str, ...] | None:
    """Which of four columns are open, high, low and close; None where that is not certain.

    High and low are the largest and the smallest of every row. Of the other two, the open is the one that lies nearer
    to the other's value of the row before.
    """
    if len(columns) < 4 or not all(np.isfinite(column).all() and (column > 0).all() for column in columns):
        return None
    prices_4N = np.stack(columns)
    highs = [c for c in range(4) if (prices_4N[c] >= prices_4N.max(axis=0)).all()]
    lows = [c for c in range(4) if (prices_4N[c] <= prices_4N.min(axis=0)).all()]
    if len(highs) != 1 or len(lows) != 1:
        return None
    rest = [c for c in range(4) if c not in (*highs, *lows)]
    names = {highs[0]: "high", lows[0]: "low"}
    if (highs[0], lows[0]) == (1, 2) or (highs[0], lows[0]) == (2, 1):
        first, second = rest
        if _gap(prices_4N[second], prices_4N[first]) < _gap(prices_4N[first], prices_4N[second]):
            first, second = second, first
    else:
        first, second = rest
        gaps = _gap(prices_4N[first], prices_4N[second]), _gap(prices_4N[second], prices_4N[first])
        if gaps[0] == gaps[1]:
            return None
        if gaps[1] < gaps[0]:
            first, second = second, first
    names |= {first: "open", second: "close"}
    return tuple(names[c] for c in range(4))


def _gap(open_N: Float, close_N: Float) -> float:
    """How far opens lie from the closes before them, whichever way the rows go."""
    ahead, back = np.abs(open_N[1:] - close_N[:-1]), np.abs(open_N[:-1] - close_N[1:])
    return float(min(np.median(ahead), np.median(back)))
