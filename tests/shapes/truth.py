"""What a file says: made first, written after, compared last. Shape legend: N bars of one symbol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from components.panel import Panel

Float = npt.NDArray[np.float64]
Time = npt.NDArray[np.datetime64]
OHLC = ("open", "high", "low", "close")
OHLCV = (*OHLC, "volume")


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """One symbol's bars. times_N: decision times; fields: name -> (N,)."""

    times_N: Time
    fields: Mapping[str, Float]

    def texts(self, name: str, form: str = ".2f") -> list[str]:
        """A field as text."""
        return [format(value, form) for value in self.fields[name]]

    def dates(self, form: str = "%Y-%m-%d") -> list[str]:
        """The times as text."""
        return list(pd.DatetimeIndex(self.times_N).strftime(form))

    def epochs(self, unit: str) -> list[str]:
        """The times as numbers since 1970."""
        return [str(number) for number in self.times_N.astype(f"datetime64[{unit}]").astype(np.int64)]

    def only(self, *names: str) -> "Series":
        """Some of the fields."""
        return replace(self, fields={name: self.fields[name] for name in names})

    def at(self, times_N: Time) -> "Series":
        """The same numbers at other times."""
        return replace(self, times_N=times_N.astype("datetime64[us]"))

    def take(self, keep_N: npt.NDArray[np.bool_]) -> "Series":
        """Some of the bars."""
        return Series(times_N=self.times_N[keep_N], fields={k: v[keep_N] for k, v in self.fields.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """All that a file says.

    bars      symbol -> its bars; a file that does not name its symbol has one, called ''
    aliases   symbol -> other names that the file gives it as well
    loose     fields that may be left out
    others    field -> symbol -> other values that are as right
    times     symbol -> other decision times that are as right
    """

    bars: Mapping[str, Series]
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    others: Mapping[str, Mapping[str, Float]] = field(default_factory=dict)
    times: Mapping[str, Time] = field(default_factory=dict)

    def only(self, *names: str) -> "Truth":
        """The same of some of the fields."""
        return replace(self, bars={symbol: series.only(*names) for symbol, series in self.bars.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Written:
    """A file, as a user would name it, and what it says.

    plain   its columns are called date and close, so that every verb can be told where they are; symbol: the column
    """

    path: Path
    truth: Truth
    plain: bool = False
    symbol: str | None = None


Shape = Callable[[Path], Written]


def days(n: int = 260, start: str = "2019-01-02") -> Time:
    """Weekdays."""
    return pd.bdate_range(start, periods=n).to_numpy().astype("datetime64[us]")


def hours(n: int = 260, start: str = "2024-10-01", step: str = "1h") -> Time:
    """Moments of a market that never closes."""
    return pd.date_range(start, periods=n, freq=step).to_numpy().astype("datetime64[us]")


def walk(seed: int = 0, *, times_N: Time | None = None, level: float = 100.0, decimals: int = 2) -> Series:
    """A random walk that every quality check passes, rounded to what is written."""
    times_N = days() if times_N is None else times_N
    rng, n = np.random.default_rng([seed, 10]), len(times_N)
    close_N = level * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    open_N = close_N * np.exp(rng.normal(0, 0.004, n))
    prices = {
        "open": open_N,
        "high": np.maximum(open_N, close_N) * (1 + rng.uniform(0.001, 0.006, n)),
        "low": np.minimum(open_N, close_N) * (1 - rng.uniform(0.001, 0.006, n)),
        "close": close_N,
    }
    rounded = {name: np.round(values_N, decimals) for name, values_N in prices.items()}
    volume_N = rng.integers(50, 900, n) * 10_000.0
    return Series(times_N=times_N, fields={**rounded, "volume": volume_N})


def one(series: Series, **more: object) -> Truth:
    """The truth of a file that does not name its symbol."""
    return Truth(bars={"": series}, **more)  # type: ignore[arg-type]


def difference(truth: Truth, panel: Panel, path: Path) -> str | None:
    """The first difference between what was written and what was read; None where there is none."""
    frame = panel.to_frame().dropna(axis=0, how="all", subset=list(panel.fields))
    read = dict(iter(frame.groupby("symbol")))
    names = {_name(symbol, truth, list(read), path): symbol for symbol in truth.bars}
    if None in names or len(names) != len(read):
        return f"symbols: {sorted(truth.bars)} written, {sorted(read)} read"
    for name, symbol in names.items():
        series, found = truth.bars[symbol], read[name]
        times_N = found["timestamp"].to_numpy().astype("datetime64[us]")
        if not any(np.array_equal(times_N, right_N) for right_N in (series.times_N, truth.times.get(symbol))):
            return f"times of {symbol or name}: {_times(series.times_N)} written, {_times(times_N)} read"
        for column, values_N in series.fields.items():
            if column not in found:
                if column in truth.loose:
                    continue
                return f"{column} was not read; fields: {', '.join(panel.fields)}"
            other_N = truth.others.get(column, {}).get(symbol)
            if not any(_same(found[column].to_numpy(), right_N) for right_N in (values_N, other_N)):
                return f"{column} of {symbol or name}: {values_N[:3]} written, {found[column].to_numpy()[:3]} read"
    return None


def _name(symbol: str, truth: Truth, read: Sequence[str], path: Path) -> str | None:
    """The name under which a symbol was read."""
    if symbol == "":
        if len(read) != 1:
            return None
        stem, name = path.name.casefold(), read[0]
        return name if name and (name.casefold() in stem or name in truth.aliases.get("", ())) else None
    return next((name for name in (symbol, *truth.aliases.get(symbol, ())) if name in read), None)


def _same(found_N: Float, right_N: Float | None) -> bool:
    return right_N is not None and bool(np.allclose(found_N, right_N, rtol=1e-12, atol=0, equal_nan=True))


def _times(times_N: Time) -> str:
    return f"{len(times_N)} from {times_N.min()} to {times_N.max()}" if len(times_N) else "none"
