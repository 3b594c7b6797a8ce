"""An opened bundle fed bar by bar: the backtest's forecasts and orders, one bar at a time.

    stream = Stream.open(Bundle.open(folder), history)
    stream.push("SPY", timestamp, {"close": 431.2, ...})      the forecast at a new bar of one symbol
    stream.push_date(timestamp, {"SPY": {...}, "QQQ": {...}})  forecasts and target weights at a new date
    np.savez(file, **stream.save())                            and later, in another process:
    stream = Stream.restore(Bundle.open(folder), np.load(file))

A push that is refused changes nothing: what is given is checked before anything is taken in.

Shape legend: C columns, S symbols of the history, N symbols with a new bar, O outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from components.errors import DataError
from components.expressions.stream import FeatureStream
from components.panel import IN_UNIVERSE, TIME_DTYPE, Panel
from components.values import Float, Float32, Int, Outputs, Relaxed, Time, View
from runner.bundle.forecast import no_forecast, time_texts
from runner.bundle.past import Past
from runner.bundle.reader import Bundle
from runner.bundle.tail import Tail
from runner.compute.carried import Carried
from runner.compute.orders import Orders

Saved = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """What is decided at one date.

    values_SO  forecasts with all outputs, NaN where there is none; outputs: what each column is
    weight_S   target weights as fractions of equity; None where no symbol can be forecast (what is held stays), and
               where the bundle hands out none
    why_not    symbol -> why it has no forecast, or not the weight that the portfolio wants
    relaxed    the constraints that could not be met
    """

    timestamp: np.datetime64
    symbols: tuple[str, ...]
    values_SO: Float
    outputs: Outputs
    weight_S: Float | None
    why_not: Mapping[str, str] = field(default_factory=dict[str, str])
    relaxed: tuple[Relaxed, ...] = ()

    @property
    def forecast_S(self) -> Float:
        """(S,) the output that is decided on."""
        return self.values_SO[:, self.outputs.decision]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pushed:
    """Codes, columns and forecasts of the symbols with a new bar, and which of them belong to the universe."""

    codes_N: Int
    values_CN: Float32
    values_NO: Float
    members_N: npt.NDArray[np.bool_]


@dataclass(kw_only=True, eq=False)
class Memory:
    """All that a stream carries, and nothing that follows from its bundle.

    last_S: time of each symbol's last bar; past, carried, tail: None where the bundle needs none; decided_D,
    values_DSO: the last decisions, as many as the portfolio looks back on.
    """

    symbols: tuple[str, ...]
    features: FeatureStream
    last_S: Time
    past: Past | None
    carried: Carried | None
    tail: Tail | None
    orders: Orders
    decided_D: Time
    values_DSO: Float

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        parts: dict[str, Saved] = {
            "features": self.features.saved(),
            "past": {} if self.past is None else {"rows_SLG": self.past.rows_SLG, "count_S": self.past.count_S},
            "calibration": {} if self.carried is None else self.carried.state,
            "bars": {} if self.tail is None else self.tail.saved(),
            "constraints": self.orders.state,
            "orders": {"held_S": self.orders.held_S},
            "decisions": {"decided_D": self.decided_D, "values_DSO": self.values_DSO},
            "stream": {"last_S": self.last_S, "symbols": np.array(self.symbols, dtype=np.str_)},
        }
        return {f"{part}/{name}": np.array(values) for part, own in parts.items() for name, values in own.items()}


class Stream:
    """State after some history; each push moves it on by one bar and returns what is forecast there."""

    def __init__(self, bundle: Bundle, memory: Memory) -> None:
        self.symbols = memory.symbols
        self._bundle, self._memory = bundle, memory
        self._codes = {symbol: code for code, symbol in enumerate(memory.symbols)}
        self._fields = memory.features.program.fields

    @staticmethod
    def open(bundle: Bundle, history: Panel, *, threads: int = 0) -> "Stream":
        """A stream whose next bar follows the history, which may be longer than what is kept of it.

        What learns from its own forecasts begins here, and nothing is held. threads: for many symbols at once, 0 = all
        cores; no value depends on it. Raises DataError if the history lacks a field or symbol that the bundle needs.
        """
        bundle.check(history)
        symbols, codes_S = len(history.symbols), np.arange(len(history.symbols))
        features = _features(bundle, symbols, threads)
        features.warm(history, codes_S)
        reads = bundle.recipe.reads
        memory = Memory(
            symbols=history.symbols,
            features=features,
            last_S=history.timestamps_R[history.offsets[1:] - 1].copy(),
            past=bundle.past_of(history, codes_S, symbols, threads=threads),
            carried=bundle.begun(symbols),
            tail=Tail.of(history, reads, bundle.past_bars) if reads else None,
            orders=Orders(bundle.constraints, symbols),
            decided_D=np.empty(0, dtype=TIME_DTYPE),
            values_DSO=np.empty((0, symbols, len(bundle.outputs))),
        )
        return Stream(bundle, memory)

    def save(self) -> dict[str, npt.NDArray[Any]]:
        """All that it carries, as named arrays without objects; it goes on by itself as before."""
        return {"bundle": np.array(self._bundle.digest), **self._memory.saved()}

    @staticmethod
    def restore(bundle: Bundle, saved: Saved, *, threads: int = 0) -> "Stream":
        """The stream as it was saved, to the bit. Raises DataError if it was one of another bundle."""
        if str(saved["bundle"]) != bundle.digest:
            raise DataError(
                "stream: it was saved with another bundle; open that one, or begin anew from history with this one"
            )

        def part(name: str) -> dict[str, npt.NDArray[Any]]:
            return {key.removeprefix(f"{name}/"): saved[key] for key in saved if key.startswith(f"{name}/")}

        symbols = tuple(str(symbol) for symbol in saved["stream/symbols"])
        features = _features(bundle, len(symbols), threads)
        features.restore(part("features"))
        orders = Orders(bundle.constraints, len(symbols))
        orders.state, orders.held_S = part("constraints"), saved["orders/held_S"].copy()
        past, carried, tail = part("past"), part("calibration"), part("bars")
        memory = Memory(
            symbols=symbols,
            features=features,
            last_S=saved["stream/last_S"].copy(),
            past=Past(rows_SLG=past["rows_SLG"].copy(), count_S=past["count_S"].copy()) if past else None,
            carried=Carried(bundle.calibration, carried) if bundle.calibration and carried else None,
            tail=Tail.restored(tail, bundle.past_bars) if tail else None,
            orders=orders,
            decided_D=saved["decisions/decided_D"].copy(),
            values_DSO=saved["decisions/values_DSO"].copy(),
        )
        return Stream(bundle, memory)

    def push(self, symbol: str, timestamp: np.datetime64, values: Mapping[str, float]) -> float:
        """The forecast at a new bar of a symbol, NaN where there is none.

        Raises DataError if symbols are compared: then they must come together, by push_date.
        """
        if self._memory.features.cross_sectional or self._bundle.preprocess.cross_sectional:
            raise DataError("stream: the bundle compares symbols, so bars must come a date at a time; use push_date")
        pushed = self._push(np.datetime64(timestamp), {symbol: values})
        return float(pushed.values_NO[0, self._bundle.outputs.decision])

    def push_date(self, timestamp: np.datetime64, values: Mapping[str, Mapping[str, float]]) -> Decision:
        """Forecasts and target weights at a date; values: the new bar of each symbol that has one."""
        stamp, memory, portfolio = np.datetime64(timestamp), self._memory, self._bundle.portfolio
        pushed = self._push(stamp, values)
        values_SO = np.full((len(self.symbols), len(self._bundle.outputs)), np.nan)
        values_SO[pushed.codes_N] = pushed.values_NO
        decision = Decision(
            timestamp=stamp,
            symbols=self.symbols,
            values_SO=values_SO,
            outputs=self._bundle.outputs,
            weight_S=None,
            why_not=self._without_forecast(pushed),
        )
        idle = pushed.members_N.all() and not np.isfinite(decision.forecast_S).any()
        if idle or not self._bundle.hands_out_weights:
            return decision
        kept = portfolio.lookback_bars
        memory.decided_D = np.append(memory.decided_D, stamp.astype(TIME_DTYPE))[-kept:]
        memory.values_DSO = np.concatenate([memory.values_DSO, values_SO[None]])[-kept:]
        wanted_S, found = memory.orders.decide(portfolio, self._view())
        cut = {
            self.symbols[code]: f"constrained: the portfolio wants {wanted_S[code]:.6g}"
            for code in np.flatnonzero(wanted_S != found.weight_S)
        }
        return replace(decision, weight_S=found.weight_S, relaxed=found.relaxed, why_not={**cut, **decision.why_not})

    def _view(self) -> View:
        memory, tail = self._memory, self._memory.tail
        bars = {} if tail is None else {"times_T": tail.times_T, "past": tail.past}
        return View(
            decided_D=memory.decided_D,
            symbols=self.symbols,
            values_DSO=memory.values_DSO,
            outputs=self._bundle.outputs,
            bars_per_year=self._bundle.recipe.bars_per_year,
            **bars,  # type: ignore[arg-type]
        )

    def _push(self, stamp: np.datetime64, values: Mapping[str, Mapping[str, float]]) -> _Pushed:
        """Takes in the new bars once all of them are known to be in order."""
        memory, bundle = self._memory, self._bundle
        codes_N = np.array([self._code(symbol, stamp) for symbol in values], dtype=np.int64)
        try:
            fields_IN = np.array([[bar[name] for bar in values.values()] for name in self._fields], dtype=np.float64)
        except KeyError as error:
            raise DataError(
                f"stream: a bar lacks {error.args[0]}; the bundle reads {', '.join(self._fields)}"
            ) from None
        times_N = np.full(len(codes_N), stamp, dtype=TIME_DTYPE)
        members_N = np.ones(len(codes_N), dtype=bool)
        if bundle.recipe.membership:
            members_N = fields_IN[self._fields.index(IN_UNIVERSE)] == 1.0
        values_CN = memory.features.push(codes_N, times_N, fields_IN, members_N)
        memory.last_S[codes_N] = stamp
        if memory.tail is not None:
            memory.tail.add(stamp, codes_N, dict(zip(self._fields, fields_IN, strict=True)))
        values_NO = np.full((len(codes_N), len(bundle.outputs)), np.nan)
        rows, values_MO = bundle.infer_next(values_CN, times_N, members_N, codes_N, memory.past, memory.carried)
        values_NO[rows] = values_MO
        return _Pushed(codes_N=codes_N, values_CN=values_CN, values_NO=values_NO, members_N=members_N)

    def _without_forecast(self, pushed: _Pushed) -> dict[str, str]:
        """symbol -> why it has no forecast."""
        bundle, decision = self._bundle, self._bundle.outputs.decision
        why_not = {}
        if len(pushed.codes_N) < len(self.symbols):
            absent = np.setdiff1d(np.arange(len(self.symbols)), pushed.codes_N)
            why_not = {self.symbols[code]: "no bar" for code in absent}
        for n in np.flatnonzero(~np.isfinite(pushed.values_NO[:, decision])):
            code = int(pushed.codes_N[n])
            why_not[self.symbols[code]] = no_forecast(
                bundle.recipe,
                bundle.preprocess.missing_tolerance,
                pushed.values_CN[:, n],
                bars=self._memory.features.bars(code),
                member=bool(pushed.members_N[n]),
            )
        return why_not

    def _code(self, symbol: str, stamp: np.datetime64) -> int:
        if symbol not in self._codes:
            raise DataError(
                f"stream: {symbol} is not in the history that it was opened with; open it again with {symbol}"
            )
        code, last_S = self._codes[symbol], self._memory.last_S
        if not stamp > last_S[code]:
            last, given = time_texts(np.array([last_S[code], stamp], dtype=TIME_DTYPE))
            raise DataError(f"stream: {symbol}, {given}: its last bar is of {last}; bars must come in order of time")
        return code


def _features(bundle: Bundle, symbols: int, threads: int) -> FeatureStream:
    return FeatureStream(bundle.recipe.nodes, bundle.recipe.fields, symbols, threads=threads)
