"""Expressions bar by bar: each symbol carries as many bars as they look back, and nothing older.

The plan is that of a whole panel and the kernels are the same, so the values have the same bits. Operations that
every machine rounds alike run in one compiled program; logarithms, powers and whatever else has no opcode are
computed by the batch's own functions, for all symbols at once.

Shape legend: I inputs, V values of the program, S symbols, N symbols with a new bar, J steps, C expressions.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from components.errors import DataError
from components.expressions import kernels
from components.expressions.analysis import reach
from components.expressions.calendar import CALENDAR
from components.expressions.longer import LongBars
from components.expressions.program import Crossing, Native, Outside, compiled
from components.expressions.tree import Node
from components.panel import Float, Int, Panel, Time

Bools = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]

# Below so many symbols a second thread costs more than it saves.
SYMBOLS_PER_THREAD = 64


class FeatureStream:
    """Values of expressions at each new bar; what symbols carry is the only thing here that changes.

    fields: those of the panel that will be given, in order; n_symbols: how many symbols will ever be pushed.
    """

    def __init__(self, nodes: Mapping[str, Node], fields: Sequence[str], n_symbols: int, *, threads: int = 0) -> None:
        reaches = [reach(node) for node in nodes.values()]
        self.cross_sectional = any(each.cross_sectional for each in reaches)
        self.lookback_bars = max(each.lookback_bars for each in reaches)
        self.program = compiled(list(nodes.values()), fields)
        self.threads = threads or os.cpu_count() or 1
        self._longer = tuple(
            LongBars(list(steps), self.program.fields, n_symbols, partial(_inner, n_symbols, self.threads))
            for _, steps in itertools.groupby(self.program.frames, key=lambda step: step.timeframe)
        )
        depth_V = self.program.depth_V
        sizes_V = np.where(depth_V == 1, 1, 2 * depth_V)
        self._base_V: Int = np.concatenate([[0], np.cumsum(sizes_V)[:-1]]).astype(np.int64)
        self._state_SV: Float = np.full((n_symbols, int(sizes_V.sum())), np.nan)
        for value, constant in self.program.constants.items():
            self._state_SV[:, self._base_V[value]] = constant
        self._counts_S: Int = np.zeros(n_symbols, dtype=np.int64)
        self._begin, self._run, self._finish = kernels.stream_kernels()

    def warm(self, panel: Panel, codes_S: Int) -> None:
        """Takes in history; codes_S: which symbol of the stream each symbol of the panel is.

        Only the bars that can matter are computed: the last of each symbol or, where symbols are compared, all. Where
        there are longer bars it has to be the whole history.
        """
        warmed = [longer.warm(panel, codes_S, self.threads) for longer in self._longer]
        frames_CR = np.concatenate(warmed) if warmed else None
        if self.cross_sectional:
            order = np.argsort(panel.date_codes_R, kind="stable")
            bounds = np.flatnonzero(np.diff(panel.date_codes_R[order])) + 1
            steps = np.split(order, bounds) if panel.n_rows else []
        else:
            bars_S = np.diff(panel.offsets)
            kept_S = np.minimum(bars_S, self.lookback_bars + 1)
            self._counts_S[codes_S] = bars_S - kept_S
            backs = range(int(kept_S.max(initial=0)), 0, -1)
            steps = [(panel.offsets[1:] - back)[kept_S >= back] for back in backs]
        for rows in steps:
            fields_IN = np.array([panel.fields[name][rows] for name in self.program.fields])
            codes_N = codes_S[panel.symbol_codes_R[rows]]
            times_N, members_N = panel.timestamps_R[rows], panel.in_universe_R[rows]
            self._compute(codes_N, times_N, fields_IN, None if frames_CR is None else frames_CR[:, rows], members_N)
            self._finished(codes_N)

    def saved(self) -> dict[str, npt.NDArray[np.generic]]:
        """All that symbols carry."""
        own = {"state_SV": self._state_SV.copy(), "counts_S": self._counts_S.copy()}
        return own | {
            f"{longer.timeframe}/{name}": values for longer in self._longer for name, values in longer.saved().items()
        }

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes on what a stream of the same expressions, fields and number of symbols carried."""
        if saved["state_SV"].shape != self._state_SV.shape:
            raise DataError("stream: what was saved is of other expressions or another number of symbols")
        self._state_SV, self._counts_S = saved["state_SV"].copy(), saved["counts_S"].copy()
        for longer in self._longer:
            start = f"{longer.timeframe}/"
            longer.restore({name.removeprefix(start): saved[name] for name in saved if name.startswith(start)})

    def bars(self, code: int) -> int:
        """How many bars of a symbol it has taken in."""
        return int(self._counts_S[code])

    def push(self, codes_N: Int, timestamps_N: Time, fields_IN: Float, members_N: Bools) -> Float32:
        """(C, N) values of the expressions at one new bar of each of N different symbols.

        fields_IN: the program's fields, in order; members_N: whether a symbol belongs to the universe. Operators
        that compare symbols compare those that are pushed together.
        """
        for longer in self._longer:
            longer.check(codes_N, timestamps_N)
        self._compute(codes_N, timestamps_N, fields_IN, self._frames(codes_N, timestamps_N, fields_IN), members_N)
        return self._finished(codes_N)

    def values(self, codes_N: Int, timestamps_N: Time, fields_IN: Float, members_N: Bools) -> Float:
        """What `push` gives, as it is computed rather than as a table of features keeps it."""
        self._compute(codes_N, timestamps_N, fields_IN, self._frames(codes_N, timestamps_N, fields_IN), members_N)
        values_CN = self._now(self.program.roots_C, codes_N)
        self._finished(codes_N)
        return values_CN

    def _frames(self, codes_N: Int, timestamps_N: Time, fields_IN: Float) -> Float | None:
        """(C, N) what is visible of longer bars; None where there are none."""
        if not self._longer:
            return None
        return np.concatenate([longer.take(codes_N, timestamps_N, fields_IN) for longer in self._longer])

    def _compute(
        self, codes_N: Int, timestamps_N: Time, fields_IN: Float, frames_CN: Float | None, members_N: Bools
    ) -> None:
        program, inputs_IN = self.program, fields_IN
        if program.calendar or program.frames:
            stamps = [CALENDAR[name](timestamps_N)[None] for name in program.calendar]
            longer = [] if frames_CN is None else [frames_CN]
            inputs_IN = np.concatenate([fields_IN, *stamps, *longer])
        self._begin(self._base_V, program.depth_V, self._state_SV, self._counts_S, codes_N, inputs_IN)
        for part in program.parts:
            if isinstance(part, Native):
                self._native(part, codes_N)
            elif isinstance(part, Crossing):
                self._cross(part, codes_N, members_N)
            elif part.step.operator.apply is None:
                self._window(part, codes_N)
            else:
                self._elementwise(part, codes_N)

    def _finished(self, codes_N: Int) -> Float32:
        """(C, N) the results; the bar is counted."""
        program = self.program
        out_CN = np.empty((len(program.roots_C), len(codes_N)), dtype=np.float32)
        self._finish(self._base_V, program.depth_V, self._state_SV, self._counts_S, codes_N, program.roots_C, out_CN)
        return out_CN

    @cached_property
    def _longest(self) -> int:
        return int(self.program.depth_V.max())

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads)

    def _native(self, part: Native, codes_N: Int) -> None:
        program = self.program
        tables = (part.program_PI, program.params_Q, self._base_V, program.depth_V, self._longest)
        run = partial(self._run, *tables, self._state_SV, self._counts_S)
        if self.threads == 1 or len(codes_N) < 2 * SYMBOLS_PER_THREAD:
            run(codes_N)
            return
        pieces = np.array_split(codes_N, min(self.threads, len(codes_N) // SYMBOLS_PER_THREAD))
        for _ in self._pool.map(run, pieces):
            pass

    def _places(self, values_J: Int, codes_N: Int) -> Int:
        """(J, N) where values stand in the state of the symbols at the new bar."""
        depth_J1, base_J1 = self.program.depth_V[values_J][:, None], self._base_V[values_J][:, None]
        place_JN: Int = np.where(depth_J1 == 1, base_J1, base_J1 + depth_J1 + self._counts_S[codes_N] % depth_J1)
        return place_JN

    def _now(self, values_J: Int, codes_N: Int) -> Float:
        """(J, N) values at the new bar."""
        now_JN: Float = self._state_SV[codes_N, self._places(values_J, codes_N)]
        return now_JN

    def _elementwise(self, part: Outside, codes_N: Int) -> None:
        assert part.step.operator.apply is not None
        series = (self._now(values_J, codes_N).ravel() for values_J in part.series_JK.T)
        arguments: list[Any] = [next(series) if number is None else number for number in part.numbers]
        out_JN = np.empty((len(part.outputs), len(codes_N)))
        with np.errstate(all="ignore"):
            part.step.operator.apply(*arguments, *part.step.constants[0], out_JN.ravel())
        self._state_SV[codes_N, self._places(part.outputs, codes_N)] = out_JN

    def _window(self, part: Outside, codes_N: Int) -> None:
        from components.expressions.engine import operation_of

        operation, offsets = operation_of(part.step), np.array([0, part.bars])
        ends_KN, places_QN = (self._places(values, codes_N) + 1 for values in (part.series_JK[0], part.outputs))
        for n, code in enumerate(codes_N):
            windows = [self._state_SV[code, end - part.bars : end] for end in ends_KN[:, n]]
            firsts = self._counts_S[code : code + 1] + 1 - part.bars
            results = np.empty((len(part.outputs), part.bars))
            operation(windows, offsets, firsts, results if part.step.operator.several else results[0])
            self._state_SV[code, places_QN[:, n] - 1] = results[:, -1]

    def _cross(self, part: Crossing, codes_N: Int, members_N: Bools) -> None:
        x_N, *groups = self._now(part.operands, codes_N)
        out_N = np.full(len(codes_N), np.nan)
        rows = np.flatnonzero(members_N & ~np.isnan(groups[0]) if groups else members_N)
        offsets = np.array([0, len(rows)])
        if groups:
            rows = rows[np.argsort(groups[0][rows], kind="stable")]
            offsets = np.append(np.flatnonzero(np.diff(groups[0][rows], prepend=np.nan) != 0), len(rows))
        if len(rows):
            kernels.cross_kernel(part.step.operator.kernel)(x_N, rows, offsets, out_N)
        self._state_SV[codes_N, self._places(np.array([part.output]), codes_N)] = out_N


def _inner(n_symbols: int, threads: int, nodes: Mapping[str, Node], fields: Sequence[str]) -> FeatureStream:
    """The stream of expressions on longer bars."""
    return FeatureStream(nodes, fields, n_symbols, threads=threads)
