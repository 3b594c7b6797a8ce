"""Columns on the last bars of every symbol only, to the bit what computing all bars gives.

Shape legend: S symbols, F columns, R panel rows, N wanted rows.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from components.expressions import Call, Node, reach
from components.expressions.analysis import expanded
from components.expressions.operators import OPERATORS
from components.panel import Int, Panel
from components.values import Float32


def compute_rows(nodes: Mapping[str, Node], panel: Panel, first_S: Int, *, threads: int) -> Float32:
    """values_FN (F, N) float32 at the bars [first_S, end) of every symbol, symbol by symbol.

    What the wanted bars do not read is not computed: before them lie as many bars as the expressions look
    back, and where symbols are compared, all symbols from the earliest date on that is read.
    """
    from components.expressions.engine import evaluate

    if not first_S.any():
        return evaluate(nodes, panel, threads=threads)
    wanted = _rows_from(panel, first_S)
    values_FN = np.empty((len(nodes), len(wanted)), np.float32)
    groups: dict[tuple[int, bool], list[int]] = {}
    for column, node in enumerate(nodes.values()):
        groups.setdefault((_depth(node), reach(node).timeframe), []).append(column)
    names = list(nodes)
    for (depth, timeframe), columns in groups.items():
        group = {names[column]: nodes[names[column]] for column in columns}
        # Where a period of a timeframe begins is known from the whole history only.
        lookback = panel.n_rows if timeframe else max(reach(node).lookback_bars for node in group.values())
        begin_S = _read_from(panel, first_S, lookback=lookback, depth=depth)
        rows = _rows_from(panel, begin_S)
        kept_S = begin_S < np.diff(panel.offsets)
        computed = evaluate(group, _taken(panel, rows, kept_S), threads=threads, first_bar_S=begin_S[kept_S])
        values_FN[columns] = computed[:, np.searchsorted(rows, wanted)]
    return values_FN


def compares_symbols(node: Node) -> bool:
    """Whether a value depends on bars of other symbols."""
    return _depth(node) > 0


@lru_cache(maxsize=4096)
def _depth(node: Node) -> int:
    """How many cross-sections lie within each other."""
    if not isinstance(node, Call):
        return 0
    if OPERATORS[node.operator].kind == "macro":
        return _depth(expanded(node))
    return (OPERATORS[node.operator].kind == "cross") + max(map(_depth, node.args))


def _read_from(panel: Panel, first_S: Int, *, lookback: int, depth: int) -> Int:
    """(S,) first bar of each symbol that the wanted ones read; its number of bars if none is."""
    bars_S = np.diff(panel.offsets)
    begin_S = np.where(first_S < bars_S, np.maximum(first_S - lookback, 0), bars_S)
    for _ in range(depth):
        # All symbols of a date are compared, and each of them looks back along its own bars.
        live_S = begin_S < bars_S
        earliest = panel.timestamps_R[(panel.offsets[:-1] + begin_S)[live_S]].min()
        before_R = np.concatenate([[0], np.cumsum(panel.timestamps_R < earliest)])
        at_S = np.diff(before_R[panel.offsets])
        begin_S = np.minimum(begin_S, np.where(at_S < bars_S, np.maximum(at_S - lookback, 0), bars_S))
    return begin_S


def _rows_from(panel: Panel, begin_S: Int) -> Int:
    """Row numbers of the bars [begin_S, end) of every symbol."""
    counts_S = np.diff(panel.offsets) - begin_S
    ends_S = np.cumsum(counts_S)
    shift_S = panel.offsets[:-1] + begin_S - (ends_S - counts_S)
    rows: Int = np.arange(ends_S[-1]) + np.repeat(shift_S, counts_S)
    return rows


def _taken(panel: Panel, rows: Int, kept_S: npt.NDArray[np.bool_]) -> Panel:
    """The panel of the given rows, of the symbols that have any."""
    counts_S = np.bincount(panel.symbol_codes_R[rows], minlength=len(panel.symbols))[kept_S]
    return replace(
        panel,
        symbols=tuple(symbol for symbol, kept in zip(panel.symbols, kept_S, strict=True) if kept),
        offsets=np.concatenate([[0], np.cumsum(counts_S)]).astype(np.int64),
        timestamps_R=panel.timestamps_R[rows],
        fields={name: values_R[rows] for name, values_R in panel.fields.items()},
    )
