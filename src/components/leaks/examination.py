"""The examination of one table: every test on every symbol, chance held down over all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from components.leaks.dependence import Dependence, on_base, on_target
from components.leaks.exact import exact_signals
from components.leaks.examined import MIN_ROWS, Block, Examination, Known, Leak, Signal
from components.leaks.series import window_of
from components.leaks.structure import later_value_signals, recursion_signals, reversed_signals
from components.leaks.target import PRICE_NAME, contained_signals, maker, when_known
from components.statistics.multiple import holm

FAMILY_WISE = 0.01
"""Chance of even one false alarm of the statistical tests, per table."""

SYMBOLS_SHARE = 0.05
"""Share of the symbols that must show a leak: a leak is a property of the column, not of one symbol's accident."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Examined:
    """One symbol's identities, and its correlations that wait for the others'."""

    symbol: str
    signals: tuple[Signal, ...]
    dependences: tuple[Dependence, ...]


def examine(blocks: Sequence[Block], *, target: str, known: Known | None = None) -> Examination:
    """Examines every column of a table for knowledge of the future.

    blocks: one per symbol, the same columns in each. known: `at` where the target is known at its own row (a
    price level), `after` where it is a forward quantity, None to find out. Identities need no p-value; the
    correlations' p-values are adjusted by Holm over all symbols, columns and lags, and count above effect-size
    floors only. Symbols below 60 rows are left out.
    """
    from threadpoolctl import threadpool_limits

    # Thousands of products of narrow matrices: threads of BLAS would wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        return _examination(blocks, target, known)


def _examination(blocks: Sequence[Block], target: str, known: Known | None) -> Examination:
    long = [block for block in blocks if np.isfinite(block.columns[target]).sum() >= MIN_ROWS]
    names, skipped = _examinable(long, target)
    made = maker(longest(long), target, names) if long and known != "at" else None
    values_T = longest(long).columns[target] if long else np.empty(0)
    known_now, why = (known, "you said so") if known else when_known(target, values_T, made)
    # A horizon is a property of the column: symbols agree on it by majority.
    horizon = made[2] if made else int(np.median([window_of(block.columns[target]) or 1 for block in long] or [1]))
    bases = _bases(target, known_now, names, made)
    n_correlated = sum(len(b.times_T) for b in long)
    level = FAMILY_WISE / max(1, 7 * len(names) * max(len(long), 1))
    results = [_examine_block(block, target, names, bases, known_now, horizon, level) for block in long]
    found, n_tests = _with_correlations(results)
    return Examination(
        leaks=_merged(found, len(results)),
        known=known_now,
        why=why,
        examined=names,
        skipped=skipped,
        n_rows=n_correlated,
        n_symbols=len(long),
        n_tests=n_tests,
    )


def longest(blocks: Sequence[Block]) -> Block:
    """The symbol with most rows."""
    return max(blocks, key=lambda block: len(block.times_T))


def _examinable(blocks: Sequence[Block], target: str) -> tuple[tuple[str, ...], dict[str, str]]:
    names, skipped = [], {}
    for name in blocks[0].columns if blocks else ():
        if name == target:
            continue
        if all(np.isfinite(block.columns[name]).sum() < MIN_ROWS for block in blocks):
            skipped[name] = f"fewer than {MIN_ROWS} values"
        elif all(_is_constant(block, name) for block in blocks):
            skipped[name] = "does not vary"
        else:
            names.append(name)
    return tuple(names), skipped


def _is_constant(block: Block, name: str) -> bool:
    finite_T = block.columns[name][np.isfinite(block.columns[name])]
    return len(finite_T) == 0 or bool(finite_T.min() == finite_T.max())


def _bases(target: str, known: Known, names: tuple[str, ...], made: tuple[str, str, int] | None) -> tuple[str, ...]:
    """Columns that are known at their own row and whose future is what must not be seen."""
    if known == "at":
        return (target,)
    priced = [name for name in names if PRICE_NAME.fullmatch(name)]
    return tuple(dict.fromkeys([*([made[0]] if made else []), *priced[:2]]))


def _examine_block(
    block: Block, target: str, names: tuple[str, ...], bases: tuple[str, ...], known: Known, horizon: int, level: float
) -> _Examined:
    names = tuple(name for name in names if np.isfinite(block.columns[name]).sum() >= MIN_ROWS)
    names = tuple(name for name in names if not _is_constant(block, name))
    signals: list[Signal] = []
    dependences: list[Dependence] = []
    for base in (base for base in bases if base == target or base in names):
        others = tuple(name for name in names if name not in bases)
        if not others:
            continue
        signals += exact_signals(block, base, others)
        signals += later_value_signals(block, base, others)
        signals += reversed_signals(block, base, others, level)
        dependences.append(on_base(block, base, others))
    candidates = tuple(name for name in names if name not in bases)
    if candidates:
        signals += recursion_signals(block, [base for base in bases if base in block.columns], candidates)
    if known == "after" and names:
        signals += contained_signals(block, target, names, horizon)
        dependences.append(on_target(block, target, names, horizon))
    return _Examined(symbol=block.symbol, signals=tuple(signals), dependences=tuple(dependences))


def _with_correlations(results: Sequence[_Examined]) -> tuple[list[tuple[str, Signal]], int]:
    """(symbol, signal) of identities and of the correlations that survive Holm over the whole table."""
    found = [(result.symbol, signal) for result in results for signal in result.signals]
    dependences = [(result.symbol, dependence) for result in results for dependence in result.dependences]
    if not dependences:
        return found, 0
    p = np.concatenate([dependence.p_KN.ravel() for _, dependence in dependences])
    adjusted = holm(p)
    start = 0
    for symbol, dependence in dependences:
        end = start + dependence.p_KN.size
        adjusted_KN = adjusted[start:end].reshape(dependence.p_KN.shape)
        found += [(symbol, signal) for signal in dependence.signals(adjusted_KN, FAMILY_WISE)]
        start = end
    return found, len(p)


def _merged(found: Sequence[tuple[str, Signal]], n_symbols: int) -> tuple[Leak, ...]:
    """One line a column: the most direct evidence, and in how many symbols it was found."""
    by_column: dict[str, list[tuple[str, Signal]]] = {}
    for symbol, signal in found:
        by_column.setdefault(signal.column, []).append((symbol, signal))
    leaks = list(_leaks(by_column, n_symbols))
    return tuple(sorted(leaks, key=lambda leak: leak.severity != "leak"))


def _leaks(by_column: dict[str, list[tuple[str, Signal]]], n_symbols: int) -> Iterator[Leak]:
    for column, signals in by_column.items():
        symbols = {symbol for symbol, signal in signals if signal.severity == "leak"}
        if not symbols:
            symbols = {symbol for symbol, _ in signals}
        if len(symbols) < SYMBOLS_SHARE * n_symbols:
            continue
        # Identities (p = 0) say more than correlations; among equals the first test is the most specific.
        best = min((signal for _, signal in signals), key=lambda s: (s.severity != "leak", s.p > 0, -s.strength))
        where = f"; in {len(symbols)} of {n_symbols} symbols" if n_symbols > 1 else ""
        yield Leak(column=column, kind=best.kind, severity=best.severity, evidence=best.evidence + where)
