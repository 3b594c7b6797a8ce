"""Computes expressions on a panel: by blocks of symbols what looks along time, by dates what looks across."""

import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from components.errors import ContractError, DataError
from components.expressions import kernels
from components.expressions.analysis import reach
from components.expressions.blocks import Block, blocks_of, runs_of
from components.expressions.calendar import CALENDAR
from components.expressions.elementwise import Elementwise
from components.expressions.plan import CrossStep, FrameStep, Operand, Output, Pass, Step, columns_of, plan
from components.expressions.timeframes import frames
from components.expressions.tree import Node, fields_of
from components.panel import IN_UNIVERSE, Float, Int, Panel

# Rows of a block: its columns stay in the cache of a core while the steps pass over them.
BLOCK_ROWS = 32_768
# Cross-sections and timeframes keep whole columns; for more of them than this, expressions are computed in groups.
MAX_COLUMNS = 32
COLUMN_BYTES = 1 << 30

Operation = Callable[[list[Any], Int, Int, Float], None]
"""What a step does, of operands, offsets, first bars and out."""


def evaluate(
    nodes: Mapping[str, Node],
    panel: Panel,
    *,
    threads: int = 0,
    out: npt.NDArray[Any] | None = None,
    dtype: npt.DTypeLike = np.float32,
    first_bar_S: Int | None = None,
    chunk_rows: int | None = None,
) -> npt.NDArray[Any]:
    """values_FR (F, R) of the expressions, in their order, on the rows of the panel.

    threads: 0 = all cores; the values do not depend on it. out: an array (F, R) to write to. A value is NaN
    where a bar that it needs is missing: outside the symbol's bars, or NaN. Time-series operators read the
    rows of the value's own symbol only. Computed in float64. Raises DataError if the panel lacks a field.

    first_bar_S: how many bars of each symbol's history come before its first row in the panel, 0 by default. An
    expression that neither compares symbols nor uses timeframes (see its reach) needs `lookback_bars` rows of a
    symbol before those that are wanted, and then has the same bits at these as if the whole history were given.
    What compares symbols needs, besides, every symbol at every timestamp compared; timeframes, the whole history.

    chunk_rows: where out is a numpy.memmap, it is written to disk, and its memory freed, after about as many rows
    each, so that a result larger than the memory can be computed.
    """
    for name, node in nodes.items():
        if missing := sorted(fields_of(node) - set(panel.fields)):
            raise DataError(f"{name}: the panel has no field '{missing[0]}'; fields: {', '.join(sorted(panel.fields))}")
    shape = (len(nodes), panel.n_rows)
    values_FR = np.empty(shape, dtype) if out is None else out
    if values_FR.shape != shape:
        raise ContractError(f"evaluate: out has shape {values_FR.shape}, must have {shape}")
    if first_bar_S is not None and first_bar_S.any() and any(reach(node).timeframe for node in nodes.values()):
        raise ContractError("evaluate: timeframes need the whole history: first_bar_S must be 0")
    firsts_S = np.zeros(len(panel.symbols), np.int64) if first_bar_S is None else first_bar_S.astype(np.int64)
    kept_columns = max(1, min(MAX_COLUMNS, COLUMN_BYTES // (8 * panel.n_rows + 1)))
    with ThreadPoolExecutor(threads or _cores()) as pool:
        for first, last in _groups(list(nodes.values()), kept_columns):
            run = _Execution(
                panel=panel,
                firsts_S=firsts_S,
                threads=threads,
                chunk_rows=chunk_rows,
                values_FR=values_FR[first:last],
                pool=pool,
            )
            run.all(plan(list(nodes.values())[first:last]))
    return values_FR


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(nodes: list[Node], most: int) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of expressions that together keep so few columns of the whole panel in memory."""
    first, kept = 0, set[Node]()
    for last, node in enumerate(nodes):
        own = columns_of(node)
        if len(kept | own) > most and last > first:
            yield first, last
            first, kept = last, set()
        kept |= own
    if nodes:
        yield first, len(nodes)


def _chunks(blocks: Iterable[Block], rows: int) -> Iterator[list[Block]]:
    """Blocks that have about that many rows together."""
    chunk: list[Block] = []
    for block in blocks:
        chunk.append(block)
        if block.rows.stop - chunk[0].rows.start >= rows:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _release(values_FR: npt.NDArray[Any]) -> None:
    """Writes a memory-mapped array to its file and gives its pages back."""
    if isinstance(values_FR, np.memmap):
        values_FR.flush()
        if hasattr(mmap, "MADV_DONTNEED"):
            values_FR._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class _Execution:
    """One evaluation; columns: what is kept for all symbols, by name."""

    panel: Panel
    firsts_S: Int
    threads: int
    chunk_rows: int | None
    values_FR: npt.NDArray[Any]
    pool: ThreadPoolExecutor
    store: dict[str, Float] = field(default_factory=dict)

    def all(self, passes: tuple[Pass, ...]) -> None:
        """Pass after pass."""
        for name in frozenset[str]().union(*(current.reads() for current in passes)) & CALENDAR.keys():
            self.store[name] = CALENDAR[name](self.panel.timestamps_R)
        for number, current in enumerate(passes):
            self.frames(current.frames)
            self.cross_sections(current.cross)
            self.blocks(current)
            self.keep(frozenset().union(*(later.reads() for later in passes[number + 1 :])))

    def keep(self, columns: frozenset[str]) -> None:
        """Frees the columns that are not read any more."""
        for name in self.store.keys() - columns:
            del self.store[name]

    def column(self, name: str) -> Float:
        return self.store[name] if name in self.store else self.panel.fields[name]

    def each(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Does the work for every item; the first error is raised here."""
        for _ in self.pool.map(work, items):
            pass

    def frames(self, steps: tuple[FrameStep, ...]) -> None:
        """What is computed on long bars, all expressions of one timeframe together."""
        for timeframe in {step.timeframe: None for step in steps}:
            own = [step for step in steps if step.timeframe == timeframe]
            nodes = {step.column: step.node for step in own}
            fields = frozenset[str]().union(*map(fields_of, nodes.values())) | (
                {IN_UNIVERSE} & self.panel.fields.keys()
            )
            longer = frames(self.panel, timeframe, fields, min(step.bars for step in own))
            values_FR = evaluate(nodes, longer.panel, threads=self.threads, dtype=np.float64)
            for column, values_R in zip(nodes, values_FR, strict=True):
                self.store[column] = longer.spread(values_R)

    def blocks(self, current: Pass) -> None:
        """Steps along time, block by block of symbols."""
        for output in (output for step in current.steps for output in step.outputs):
            if output.column:
                self.store[output.column] = np.empty(self.panel.n_rows)
        operations = [(step, operation_of(step)) for step in current.steps]
        blocks = blocks_of(self.panel.offsets, BLOCK_ROWS, current.back, current.ahead)
        for chunk in _chunks(blocks, self.chunk_rows or self.panel.n_rows):
            self.each(partial(self.block, operations, current.slots), chunk)
            if self.chunk_rows is not None:
                _release(self.values_FR)

    def block(self, operations: list[tuple[Step, Operation]], slots: int, block: Block) -> None:
        offsets = np.clip(self.panel.offsets[block.symbols], block.given.start, block.given.stop)
        firsts = self.firsts_S[block.symbols.start : block.symbols.stop - 1] + offsets[:-1]
        firsts -= self.panel.offsets[block.symbols][:-1]
        offsets -= block.given.start
        held = [np.empty(0)] * slots
        results_SN = np.empty((slots, offsets[-1]))
        with np.errstate(all="ignore"):
            for step, operation in operations:
                operands = [self.operand(o, held, block.given) for o in step.operands]
                several = step.operator.several
                results = np.empty((len(step.outputs), offsets[-1])) if several else results_SN[step.outputs[0].slot]
                operation(operands, offsets, firsts, results)
                for output, result in zip(step.outputs, results if several else [results], strict=True):
                    held[output.slot] = result
                    self.write(output, result[block.inner], block.rows)

    def write(self, output: Output, result: Float, rows: slice) -> None:
        """Copies a result to where it is wanted."""
        for row in output.rows:
            self.values_FR[row, rows] = result
        if output.column:
            self.store[output.column][rows] = result

    def operand(self, operand: Operand, held: list[Float], rows: slice) -> Float | float:
        if isinstance(operand, float):
            return operand
        values: Float = held[operand] if isinstance(operand, int) else self.column(operand)[rows]
        return values

    def cross_sections(self, steps: tuple[CrossStep, ...]) -> None:
        """Steps across symbols, block by block of dates."""
        for step in steps:
            self.store[step.column] = np.empty(self.panel.n_rows)
            work = partial(self.cross_block, kernels.cross_kernel(step.operator.kernel), step)
            self.each(work, runs_of(self.dates[1], BLOCK_ROWS))

    def cross_block(self, kernel: Callable[..., None], step: CrossStep, dates: tuple[int, int]) -> None:
        rows, offsets = self.dates
        x, *groups = (self.column(name) for name in step.operands)
        offsets = offsets[dates[0] : dates[1] + 1]
        if groups or IN_UNIVERSE in self.panel.fields:
            everywhere = rows[offsets[0] : offsets[-1]]
            self.store[step.column][everywhere] = np.nan
            rows, offsets = self.compared(everywhere, np.diff(offsets), groups)
        kernel(x, rows, offsets, self.store[step.column])

    def compared(self, rows: Int, counts: Int, groups: list[Float]) -> tuple[Int, Int]:
        """Of rows date by date those that are compared, set by set, and the offsets of the sets."""
        labels = [np.repeat(np.arange(len(counts)), counts), *(group[rows] for group in groups)]
        known = ~np.isnan(labels).any(axis=0)
        if IN_UNIVERSE in self.panel.fields:
            known &= self.panel.in_universe_R[rows]
        rows, labels = rows[known], [label[known] for label in labels]
        order = np.lexsort(labels[::-1])
        begins = [np.diff(label[order], prepend=np.nan) != 0 for label in labels]
        starts = np.flatnonzero(np.logical_or.reduce(begins))
        return rows[order], np.append(starts, len(rows))

    @cached_property
    def dates(self) -> tuple[Int, Int]:
        """Row numbers by date, symbols in order, and the offsets of each date in them."""
        codes_R = self.panel.date_codes_R
        counts = np.bincount(codes_R, minlength=len(self.panel.dates_T))
        return np.argsort(codes_R, kind="stable"), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def operation_of(step: Step) -> Operation:
    """The function that computes a step."""
    operator = step.operator
    if operator.apply is not None:
        return partial(_elementwise, operator.apply, step.constants[0])
    constants: list[Any] = list(operator.kernel_constants(step.constants[0]))
    types = tuple(map(type, constants))
    kernel = kernels.window_kernel(
        operator.kernel, len(operator.series), types, runs=operator.runs, several=operator.several
    )
    if operator.several:
        constants[-1] = np.array([own[-1] for own in step.constants])
    return partial(_in_runs if operator.runs else _in_windows, kernel, constants)


def _elementwise(
    apply: Elementwise, constants: tuple[float, ...], operands: list[Any], _offsets: Int, _firsts: Int, out: Float
) -> None:
    apply(*operands, *constants, out)


def _in_windows(
    kernel: Callable[..., None], constants: list[Any], operands: list[Any], offsets: Int, _: Int, out: Float
) -> None:
    kernel(*operands, offsets, *constants, out)


def _in_runs(
    kernel: Callable[..., None],
    constants: list[Any],
    operands: list[Any],
    offsets: Int,
    firsts: Int,
    out: Float,
) -> None:
    kernel(*operands, offsets, firsts, *constants, out)
