"""Rows on which a column equals what follows them, or is a straight line of it: over every row of every symbol.

What no honest column can equal is proof wherever it stands. Coincidences are counted on the same price grid: how
often do the last moves equal the next one, and how often does the column equal a future that is not its own.
"""

from collections.abc import Iterator

import numpy as np

from components.leaks.column import Column
from components.leaks.examined import Severity, Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.identities import PRECISION, Identity, same
from components.values import Float

Mask = np.typing.NDArray[np.bool_]

FEWEST = 16
"""Different values that must agree: fewer may be coincidences of a grid."""

SCALES = (1.0, -1.0, 100.0, 1e4)
CONTROLS = (7, 23, 61)
"""Rows by which a future is shifted to see how often equality is chance."""

COARSE = 0.001
"""Share of coincidences from which on a price grid is coarse: units and offsets can be found in it by chance."""

RESOLUTION = 0.05
"""Of the moves' spread: moves on agreeing rows must differ by more, or they are those of a price limit."""

GAPS = 16
FEWEST_PAIRS = 8
MOST_PAIRS = 100_000
"""Rows from which the unit of a column is found; where it agrees in that unit is then seen on all rows."""


def find(column: Column) -> Found:
    """The future that most rows of the column agree with."""
    best: Signal | None = None
    count = 0
    for form in column.outlook.identities:
        count += 1
        for signal in (*_found(column, form), *_at_ends(column, form)):
            if signal is not None and (best is None or signal.strength > best.strength):
                best = signal
    return gathered([best] if best else [], count)


def _found(column: Column, form: Identity) -> Iterator[Signal | None]:
    for says, same_R, controls in _agreements(column, form):
        yield _judged(column, form, says, same_R, controls)


def _at_ends(column: Column, form: Identity) -> Iterator[Signal | None]:
    """A column that was filled backwards holds a future where its step ends, and the same before, where it would pass
    for chance. What the past of the future does there as well, quiet prices bring."""
    ends = column.ends
    if ends is None or form.level_R is not form.move_R:
        return
    same_R = same(ends.without_mode_R, form.level_R)
    if same_R.sum() < FEWEST:
        return
    shifts = (*CONTROLS, *range(-6, 0))
    controls = max(int(same(ends.without_mode_R, ends.table.later(form.level_R, shift)).sum()) for shift in shifts)
    yield _judged(ends, form, f"{form.name}, where its steps end,", same_R, controls)


def _agreements(column: Column, form: Identity) -> Iterator[tuple[str, Mask, int]]:
    """(how it agrees, (R,) where, how often chance does)."""
    x_R, digits = column.without_mode_R, column.digits
    for scale in SCALES if form.main else (1.0,):
        wanted_R = scale * form.level_R
        if digits is not None:
            wanted_R = np.round(wanted_R, digits)
        same_R = same(x_R, wanted_R)
        if same_R.sum() < FEWEST:
            continue
        controls = max(int(same(x_R, column.table.later(wanted_R, shift)).sum()) for shift in CONTROLS)
        said = "" if scale == 1 else f"{scale:g} times "
        yield f"{said}{form.name}{'' if digits is None else f' rounded to {digits} digits'}", same_R, controls
    if form.main and digits is None:
        yield from _multiples(column, x_R, form)


def _multiples(column: Column, x_R: Float, form: Identity) -> Iterator[tuple[str, Mask, int]]:
    """Where x = a f with the a that most rows have, and x = a f + b with the a that most pairs of rows have."""
    for line in (_ratio, _slope):
        found = line(x_R, form.level_R)
        if found is None:
            continue
        a, b = found
        tolerance_R = PRECISION * 5 * (np.abs(x_R) + abs(b) + np.abs(a * form.level_R))
        same_R = np.abs(x_R - a * form.level_R - b) <= tolerance_R
        if same_R.sum() < FEWEST:
            continue
        controls = []
        for shift in CONTROLS:
            other_R = column.table.later(form.level_R, shift)
            near = line(x_R, other_R)
            controls.append(
                0 if near is None else int((np.abs(x_R - near[0] * other_R - near[1]) <= tolerance_R).sum())
            )
        plus = f" + {b:.4g}" if b else ""
        yield f"{a:.4g} times {form.name}{plus}", same_R, max(controls)


def _ratio(x_R: Float, f_R: Float) -> tuple[float, float] | None:
    thin = slice(None, None, len(x_R) // MOST_PAIRS + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio_R = x_R[thin] / f_R[thin]
    a = _densest(ratio_R[np.isfinite(ratio_R) & (ratio_R != 0)])
    return None if a is None else (a, 0.0)


def _slope(x_R: Float, f_R: Float) -> tuple[float, float] | None:
    known_K = np.flatnonzero(np.isfinite(x_R) & np.isfinite(f_R))
    if len(known_K) > MOST_PAIRS:
        known_K = np.concatenate(np.array_split(known_K, len(known_K) // 100)[:: len(known_K) // MOST_PAIRS + 1])
    if len(known_K) < 3 * FEWEST:
        return None
    slopes = []
    for gap in range(1, max(3, min(GAPS, MOST_PAIRS // len(known_K))) + 1):
        left_K, right_K = known_K[:-gap], known_K[gap:]
        with np.errstate(invalid="ignore", divide="ignore"):
            slopes.append((x_R[right_K] - x_R[left_K]) / (f_R[right_K] - f_R[left_K]))
    slope_K = np.concatenate(slopes)
    a = _densest(slope_K[np.isfinite(slope_K) & (slope_K != 0)])
    if a is None:
        return None
    rest_R = x_R - a * f_R
    b = _densest(rest_R[np.isfinite(rest_R) & (rest_R != 0)], around=float(np.nanstd(x_R)))
    return None if b is None else (a, b)


def _densest(values_K: Float, around: float = 0.0) -> float | None:
    """The value near which most lie, within PRECISION of it (of `around`, if given); None without a few."""
    if len(values_K) < FEWEST_PAIRS:
        return None
    sorted_K = np.sort(values_K)
    width_K = PRECISION * 4 * (np.abs(sorted_K) if around == 0 else np.full(len(sorted_K), around))
    end_K = sorted_K + width_K
    if not (sorted_K[FEWEST_PAIRS - 1 :] < end_K[: 1 - FEWEST_PAIRS]).any():
        return None
    count_K = np.searchsorted(sorted_K, end_K) - np.arange(len(sorted_K))
    most = int(count_K.argmax())
    return float(np.median(sorted_K[most : most + int(count_K[most])]))


def _judged(column: Column, form: Identity, says: str, same_R: Mask, controls: int) -> Signal | None:
    known = int((column.known_R & np.isfinite(form.level_R)).sum())
    same_R = same_R & (form.move_R != 0)
    agree = int(same_R.sum())
    spread = float(np.nanstd(form.move_R))
    distinct = len(np.unique(np.round(form.move_R[same_R] / max(RESOLUTION * spread, 1e-300))))
    if agree < FEWEST or distinct < min(FEWEST, max(8, agree // 6)) or agree < 5 * controls:
        return None
    chance = form.grid * known
    # Over a coarse grid shares decide; where nothing ever coincides, a handful of rows does.
    spare = 30 if form.grid > COARSE else 10 if chance > 0.5 or controls else 0
    wanted = max(FEWEST + spare, 2.6 * chance, 5 * controls + spare)
    severity: Severity = "leak" if agree >= wanted else "suspect"
    if agree < max(1.3 * chance, 0.75 * wanted):
        return None
    symbols = len(np.unique(column.table.symbol_R[same_R]))
    of = f" of {symbols} of {len(column.table.symbols)} symbols" if len(column.table.symbols) > 1 else ""
    share = f"{agree / max(known, 1):.2g}" if agree < 0.01 * known else f"{agree / max(known, 1):.0%}"
    return Signal(
        column=column.name,
        kind="part of the rows",
        severity=severity,
        evidence=f"equals {says} to rounding on {agree} rows{of}, a share of {share}; honest past moves equal it on "
        f"{form.grid:.1%} of this price grid",
        strength=min(1.0, agree / max(known, 1)),
    )


TEST = LeakTest(
    name="identity",
    says="equality with what follows, also in a unit of its own, on any part of the rows, counted against coincidences",
    scope="column",
    sampled=False,
    find=find,
)
