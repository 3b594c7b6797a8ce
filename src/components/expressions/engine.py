"""Computes expressions on a panel: by blocks of symbols what looks along time, by dates what looks across."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from components.errors import ContractError, DataError
from components.expressions import kernels
from components.expressions.elementwise import Elementwise
from components.expressions.plan import CrossStep, Operand, Pass, Step, cross_sections_of, plan
from components.expressions.tree import Node, fields_of
from components.panel import Float, Int, Panel

# Rows of a block: its columns stay in the cache of a core while the steps pass over them.
BLOCK_ROWS = 32_768
# Cross-sections keep whole columns; more of them than this are computed in groups of expressions.
MAX_CROSS_SECTIONS = 32

Operation = Callable[[list[Any], Int, Float], None]
"""What a step does, of operands, offsets and out."""


def evaluate(
    nodes: Mapping[str, Node],
    panel: Panel,
    *,
    threads: int = 0,
    out: npt.NDArray[Any] | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> npt.NDArray[Any]:
    """values_FR (F, R) of the expressions, in their order, on the rows of the panel.

    threads: 0 = all cores; the values do not depend on it. out: an array (F, R) to write to. A value is NaN
    where a bar that it needs is missing: outside the symbol's bars, or NaN. Time-series operators read the
    rows of the value's own symbol only. Computed in float64. Raises DataError if the panel lacks a field.
    """
    for name, node in nodes.items():
        if missing := sorted(fields_of(node) - set(panel.fields)):
            raise DataError(f"{name}: the panel has no field '{missing[0]}'; fields: {', '.join(sorted(panel.fields))}")
    shape = (len(nodes), panel.n_rows)
    values_FR = np.empty(shape, dtype) if out is None else out
    if values_FR.shape != shape:
        raise ContractError(f"evaluate: out has shape {values_FR.shape}, must have {shape}")
    with ThreadPoolExecutor(threads or _cores()) as pool:
        for first, last in _groups(list(nodes.values())):
            run = _Execution(panel=panel, values_FR=values_FR[first:last], pool=pool)
            run.all(plan(list(nodes.values())[first:last]))
    return values_FR


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(nodes: list[Node]) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of expressions that together keep few columns of the whole panel in memory."""
    first, kept = 0, set[Node]()
    for last, node in enumerate(nodes):
        own = cross_sections_of(node)
        if len(kept | own) > MAX_CROSS_SECTIONS and last > first:
            yield first, last
            first, kept = last, set()
        kept |= own
    if nodes:
        yield first, len(nodes)


@dataclass(frozen=True, kw_only=True)
class _Execution:
    """One evaluation; columns: what is kept for all symbols, by name."""

    panel: Panel
    values_FR: npt.NDArray[Any]
    pool: ThreadPoolExecutor
    store: dict[str, Float] = field(default_factory=dict)

    def all(self, passes: tuple[Pass, ...]) -> None:
        """Pass after pass."""
        for number, current in enumerate(passes):
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

    def blocks(self, current: Pass) -> None:
        """Steps along time, block by block of symbols."""
        for step in current.steps:
            if step.column:
                self.store[step.column] = np.empty(self.panel.n_rows)
        operations = [(step, _operation(step)) for step in current.steps]
        self.each(partial(self.block, operations, current.slots), _blocks(self.panel.offsets))

    def block(self, operations: list[tuple[Step, Operation]], slots: int, symbols: tuple[int, int]) -> None:
        offsets = self.panel.offsets[symbols[0] : symbols[1] + 1]
        rows = slice(int(offsets[0]), int(offsets[-1]))
        offsets = (offsets - offsets[0]).astype(np.int64)
        slots_SN = np.empty((slots, rows.stop - rows.start))
        with np.errstate(all="ignore"):
            for step, operation in operations:
                operands = [self.operand(o, slots_SN, rows) for o in step.operands]
                result = slots_SN[step.slot]
                operation(operands, offsets, result)
                for row in step.rows:
                    self.values_FR[row, rows] = result
                if step.column:
                    self.store[step.column][rows] = result

    def operand(self, operand: Operand, slots_SN: Float, rows: slice) -> Float | float:
        if isinstance(operand, float):
            return operand
        values: Float = slots_SN[operand] if isinstance(operand, int) else self.column(operand)[rows]
        return values

    def cross_sections(self, steps: tuple[CrossStep, ...]) -> None:
        """Steps across symbols, block by block of dates."""
        for step in steps:
            self.store[step.column] = np.empty(self.panel.n_rows)
            work = partial(self.cross_block, kernels.cross_kernel(step.operator.kernel), step)
            self.each(work, _blocks(self.dates[1]))

    def cross_block(self, kernel: Callable[..., None], step: CrossStep, dates: tuple[int, int]) -> None:
        rows, offsets = self.dates
        kernel(self.column(step.source), rows, offsets[dates[0] : dates[1] + 1], self.store[step.column])

    @cached_property
    def dates(self) -> tuple[Int, Int]:
        """Row numbers by date, symbols in order, and the offsets of each date in them."""
        codes_R = self.panel.date_codes_R
        counts = np.bincount(codes_R, minlength=len(self.panel.dates_T))
        return np.argsort(codes_R, kind="stable"), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _operation(step: Step) -> Operation:
    operator = step.operator
    if operator.apply is not None:
        return partial(_elementwise, operator.apply, step.constants)
    constants = operator.kernel_constants(step.constants)
    kernel = kernels.window_kernel(operator.kernel, len(operator.series), tuple(map(type, constants)))
    return partial(_window, kernel, constants)


def _elementwise(
    apply: Elementwise, constants: tuple[float, ...], operands: list[Any], _offsets: Int, out: Float
) -> None:
    apply(*operands, *constants, out)


def _window(
    kernel: Callable[..., None], constants: tuple[float, ...], operands: list[Any], offsets: Int, out: Float
) -> None:
    kernel(*operands, offsets, *constants, out)


def _blocks(offsets: Int) -> list[tuple[int, int]]:
    """Runs [first, last) of symbols or dates of about BLOCK_ROWS rows."""
    marks = np.searchsorted(offsets, np.arange(0, offsets[-1] + BLOCK_ROWS, BLOCK_ROWS))
    bounds = np.unique(np.minimum(marks, len(offsets) - 1))
    return [(int(a), int(b)) for a, b in pairwise(bounds)]
