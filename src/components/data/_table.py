"""From a table of bars to a checked panel: every complaint names place, symbol, timestamp and remedy."""

from typing import TYPE_CHECKING

import numpy as np

from components.errors import DataError
from components.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("open", "high", "low", "close")


def checked_panel(frame: "pd.DataFrame", *, where: str) -> Panel:
    """Panel of columns symbol, timestamp and numeric fields.

    Raises DataError on the first of: no rows, unsorted or duplicate bars, a price that is missing or
    not positive, negative volume, high below low, open or close outside [low, high]. `where` names the file.
    """
    if frame.empty:
        raise DataError(f"{where}: no bars; the table needs at least one row")
    _check_order(frame, where)
    _check_prices(frame, where)
    return Panel.from_frame(frame)


def _bar(frame: "pd.DataFrame", row: int) -> str:
    line = frame.iloc[row]
    return f"symbol {line['symbol']}, {line['timestamp']}"


def _first(bad: np.ndarray) -> int | None:
    return int(np.argmax(bad)) if bad.any() else None


def _check_order(frame: "pd.DataFrame", where: str) -> None:
    symbol = frame["symbol"].to_numpy(dtype=object)
    stamp = frame["timestamp"].to_numpy()
    same = symbol[1:] == symbol[:-1]
    row = _first(same & (stamp[1:] == stamp[:-1]))
    if row is not None:
        raise DataError(f"{where}: duplicate bar: {_bar(frame, row + 1)}; keep one of the two rows")
    row = _first(same & (stamp[1:] < stamp[:-1]))
    if row is not None:
        raise DataError(
            f"{where}: bars are not sorted: {_bar(frame, row + 1)} comes after {frame['timestamp'].iloc[row]}; "
            "sort the file by symbol and time"
        )
    starts = symbol[np.append(True, ~same)]
    if len(set(starts)) < len(starts):
        names = sorted(name for name in set(starts) if list(starts).count(name) > 1)
        raise DataError(
            f"{where}: bars are not sorted: symbol {names[0]} appears in separate blocks; "
            "sort the file by symbol and time"
        )
    row = _first(symbol[1:] < symbol[:-1])
    if row is not None:
        raise DataError(
            f"{where}: bars are not sorted: symbol {symbol[row + 1]} comes after {symbol[row]}; "
            "sort the file by symbol and time"
        )


def _check_prices(frame: "pd.DataFrame", where: str) -> None:
    present = [name for name in PRICES if name in frame]
    for name in present:
        values = frame[name].to_numpy(dtype=np.float64)
        row = _first(~np.isfinite(values))
        if row is not None:
            raise DataError(f"{where}: missing {name}: {_bar(frame, row)}; fill the value or drop the bar")
        row = _first(values <= 0)
        if row is not None:
            raise DataError(
                f"{where}: {name} is {values[row]:g}: {_bar(frame, row)}; prices must be positive, "
                "mend the value or drop the bar"
            )
    if "volume" in frame:
        volume = frame["volume"].to_numpy(dtype=np.float64)
        row = _first(volume < 0)
        if row is not None:
            raise DataError(f"{where}: volume is {volume[row]:g}: {_bar(frame, row)}; volume must not be negative")
    if "high" in present and "low" in present:
        _check_range(frame, where)


def _check_range(frame: "pd.DataFrame", where: str) -> None:
    high, low = (frame[name].to_numpy(dtype=np.float64) for name in ("high", "low"))
    row = _first(high < low)
    if row is not None:
        raise DataError(
            f"{where}: high {high[row]:g} is below low {low[row]:g}: {_bar(frame, row)}; "
            "mend the bar (are the columns swapped?)"
        )
    for name in ("open", "close"):
        if name in frame:
            price = frame[name].to_numpy(dtype=np.float64)
            # Vendors store float32: allow its rounding.
            slack = 1e-6 * np.abs(price)
            row = _first((price > high + slack) | (price < low - slack))
            if row is not None:
                raise DataError(
                    f"{where}: {name} {price[row]:g} lies outside low {low[row]:g} and high {high[row]:g}: "
                    f"{_bar(frame, row)}; mend or drop the bar"
                )
