"""An opened bundle fed bar by bar: the backtest's forecasts and orders, one bar at a time.

    stream = Stream.open(Bundle.open(folder), history)
    stream.push("SPY", timestamp, {"close": 431.2, ...})      the forecast at a new bar of one symbol
    stream.push_date(timestamp, {"SPY": {...}, "QQQ": {...}})  forecasts and target weights at a new date

Shape legend: C columns, S symbols of the history, N symbols with a new bar.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from components.contracts import Portfolio
from components.errors import DataError
from components.expressions.stream import FeatureStream
from components.panel import IN_UNIVERSE, TIME_DTYPE, Panel
from components.values import Float, Int, Time
from runner.bundle.past import Past
from runner.bundle.reader import Bundle, time_texts


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """What is decided at one date: forecasts (S,), NaN where there is none, and target weights (S,) as fractions of
    equity, None where no symbol can be forecast: what is held stays."""

    timestamp: np.datetime64
    symbols: tuple[str, ...]
    forecast_S: Float
    weight_S: Float | None


class Orders:
    """Target weights date by date; carries as many rows of forecasts as the portfolio looks back on."""

    def __init__(self, portfolio: Portfolio, bars_per_year: float) -> None:
        self._portfolio, self._bars_per_year = portfolio, bars_per_year
        self._rows: list[Float] = []

    def decide(self, forecast_S: Float) -> Float:
        """(S,) weights after a new row of forecasts; until the look-back is full, as at the start of a backtest."""
        self._rows = [*self._rows, forecast_S][-self._portfolio.lookback_bars :]
        weight_S: Float = self._portfolio.weights(np.array(self._rows), bars_per_year=self._bars_per_year)[-1]
        return weight_S


class Stream:
    """State after some history; each push moves it on by one bar and returns what is forecast there."""

    def __init__(
        self, bundle: Bundle, features: FeatureStream, symbols: tuple[str, ...], last_S: Time, past: Past | None
    ) -> None:
        self.symbols = symbols
        self._bundle, self._features, self._last_S = bundle, features, last_S
        self._codes = {symbol: code for code, symbol in enumerate(symbols)}
        self._fields = features.program.fields
        self._past = past
        self._orders: Orders | None = None

    @staticmethod
    def open(bundle: Bundle, history: Panel, *, threads: int = 0) -> "Stream":
        """A stream whose next bar follows the history, which may be longer than what is kept of it.

        threads: for many symbols at once, 0 = all cores; no value depends on it. Raises DataError if the history
        lacks a field or symbol that the bundle needs, or if a feature cannot be computed bar by bar.
        """
        bundle.check(history)
        features = FeatureStream(bundle.recipe.nodes, bundle.recipe.fields, len(history.symbols), threads=threads)
        codes_S = np.arange(len(history.symbols))
        features.warm(history, codes_S)
        last_S = history.timestamps_R[history.offsets[1:] - 1].copy()
        past = bundle.past_of(history, codes_S, len(codes_S), threads=threads)
        return Stream(bundle, features, history.symbols, last_S, past)

    def push(self, symbol: str, timestamp: np.datetime64, values: Mapping[str, float]) -> float:
        """The forecast at a new bar of a symbol, NaN where there is none.

        Raises DataError if symbols are compared: then they must come together, by push_date.
        """
        if self._features.cross_sectional or self._bundle.preprocess.cross_sectional:
            raise DataError("stream: the bundle compares symbols, so bars must come a date at a time; use push_date")
        forecast_N = self._push(np.datetime64(timestamp), {symbol: values})[1]
        return float(forecast_N[0])

    def push_date(self, timestamp: np.datetime64, values: Mapping[str, Mapping[str, float]]) -> Decision:
        """Forecasts and target weights at a date; values: the new bar of each symbol that has one."""
        if self._orders is None:
            self._orders = Orders(self._bundle.portfolio, self._bundle.recipe.bars_per_year)
        stamp = np.datetime64(timestamp)
        codes_N, forecast_N, outsiders = self._push(stamp, values)
        forecast_S = np.full(len(self.symbols), np.nan)
        forecast_S[codes_N] = forecast_N
        decided = outsiders or not np.isnan(forecast_N).all()
        weight_S = self._orders.decide(forecast_S) if decided else None
        return Decision(timestamp=stamp, symbols=self.symbols, forecast_S=forecast_S, weight_S=weight_S)

    def _push(self, stamp: np.datetime64, values: Mapping[str, Mapping[str, float]]) -> tuple[Int, Float, bool]:
        """Codes and forecasts of the symbols, and whether one of them lies outside the universe."""
        codes_N = np.array([self._code(symbol, stamp) for symbol in values], dtype=np.int64)
        try:
            fields_IN = np.array([[bar[name] for bar in values.values()] for name in self._fields], dtype=np.float64)
        except KeyError as error:
            raise DataError(
                f"stream: a bar lacks {error.args[0]}; the bundle reads {', '.join(self._fields)}"
            ) from None
        times_N = np.full(len(codes_N), stamp, dtype=TIME_DTYPE)
        members_N = np.ones(len(codes_N), dtype=bool)
        if self._bundle.recipe.membership:
            members_N = fields_IN[self._fields.index(IN_UNIVERSE)] == 1.0
        values_CN = self._features.push(codes_N, times_N, fields_IN, members_N)
        self._last_S[codes_N] = stamp
        forecast_N = np.full(len(codes_N), np.nan)
        rows, values_MO = self._bundle.infer_next(values_CN, times_N, members_N, codes_N, self._past)
        forecast_N[rows] = values_MO[:, self._bundle.outputs.decision]
        return codes_N, forecast_N, not members_N.all()

    def _code(self, symbol: str, stamp: np.datetime64) -> int:
        if symbol not in self._codes:
            raise DataError(
                f"stream: {symbol} is not in the history that it was opened with; open it again with {symbol}"
            )
        code = self._codes[symbol]
        if not stamp > self._last_S[code]:
            last, given = time_texts(np.array([self._last_S[code], stamp], dtype=TIME_DTYPE))
            raise DataError(f"stream: {symbol}, {given}: its last bar is of {last}; bars must come in order of time")
        return code
