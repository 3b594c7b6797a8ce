"""Forecasts of a table beside bars: which forecast was known at which decision.

Shape legend: N lines of the table, R bars, U different symbols of the table.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from components.bars import Mask
from components.errors import DataError
from components.panel import Panel
from components.values import Float, Int, Time

DAY = np.timedelta64(1, "D")
MOST_NAMES = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Lines of a table of forecasts.

    symbols, codes_N  names, and the position of each line's
    made_N            when each was made; decided_N: the bar that it is for, None where the table does not say
    horizon_N         bars ahead, None where all are of the horizon that is asked for
    values            output -> (N,) forecasts, NaN where there is none
    place             how to find a line again
    """

    path: str
    symbols: tuple[str, ...]
    codes_N: Int
    made_N: Time
    decided_N: Time | None
    horizon_N: Float | None
    values: Mapping[str, Float]
    place: Callable[[int], str]


def known_at_bars(lines: Lines, panel: Panel, horizon_bars: int) -> tuple[dict[str, Float], tuple[str, ...]]:
    """output -> (R,) the forecasts known at each bar, and what was left out or is missing, a sentence each."""
    ours_N, strangers = _of_our_symbols(lines, panel)
    asked_N, others = _of_horizon(lines, horizon_bars)
    used_N = np.flatnonzero(ours_N & asked_N)
    if len(used_N) == 0:
        raise DataError(_nothing(lines, panel, ours_N, horizon_bars))
    of_days = _are_days(panel.timestamps_R)
    if lines.decided_N is not None:
        _refuse_late(lines, used_N, of_days=of_days)
    row_N, beyond = _rows(lines, panel, used_N, of_days=of_days)
    placed = row_N >= 0
    used_N, row_N = used_N[placed], row_N[placed]
    if len(used_N) == 0:
        raise DataError(_no_bar(lines, panel))
    kept, older = _latest(lines, used_N, row_N)
    used_N, row_N = used_N[kept], row_N[kept]
    fields = {}
    for name, values_N in lines.values.items():
        fields[name] = np.full(panel.n_rows, np.nan)
        fields[name][row_N] = values_N[used_N]
    return fields, tuple(filter(None, (*strangers, others, beyond, older, _holes(lines, panel, fields))))


def _of_our_symbols(lines: Lines, panel: Panel) -> tuple[Mask, tuple[str, ...]]:
    known = set(panel.symbols)
    ours_U = np.array([name in known for name in lines.symbols], dtype=bool)
    ours_N = ours_U[lines.codes_N]
    there = set(lines.symbols)
    said = []
    if strange := [name for name in lines.symbols if name not in known]:
        count = int((~ours_N).sum())
        said.append(
            f"{lines.path}: {_count(count, 'forecast')} of {_count(len(strange), 'symbol')} that {_are(len(strange))} "
            f"not among the bars {_are(count)} left out: {_list(strange)}."
        )
    if ours_N.any() and (without := [name for name in panel.symbols if name not in there]):
        said.append(f"{lines.path}: {_count(len(without), 'symbol')} of the bars without a forecast: {_list(without)}.")
    return ours_N, tuple(said)


def _of_horizon(lines: Lines, horizon_bars: int) -> tuple[Mask, str]:
    if lines.horizon_N is None:
        return np.ones(len(lines.codes_N), dtype=bool), ""
    whole_N = np.isfinite(lines.horizon_N) & (lines.horizon_N == np.floor(lines.horizon_N)) & (lines.horizon_N >= 1)
    if not whole_N.all():
        row = int((~whole_N).argmax())
        raise DataError(
            f"{lines.path}: {lines.place(row)}: the horizon {lines.horizon_N[row]:g} is no whole number of bars, >= 1; "
            "mend it"
        )
    asked_N = lines.horizon_N == horizon_bars
    other = np.unique(lines.horizon_N[~asked_N]).astype(int)
    left = int((~asked_N).sum())
    said = (
        f"{lines.path}: {_count(left, 'forecast')} of other horizons ({_list(map(str, other))} bars) {_are(left)} left "
        f"out: those of {_count(horizon_bars, 'bar')} are judged."
    )
    return asked_N, said if left else ""


def _refuse_late(lines: Lines, used_N: Int, *, of_days: bool) -> None:
    """A bar that is a day is decided on when that day is over."""
    assert lines.decided_N is not None, "the table says what its forecasts are for"
    made_N, decided_N = lines.made_N[used_N], lines.decided_N[used_N]
    late_N = made_N >= decided_N + DAY if of_days else made_N > decided_N
    if late_N.any():
        row = int(used_N[int(late_N.argmax())])
        more = int(late_N.sum()) - 1
        raise DataError(
            f"{lines.path}: {lines.place(row)}: the forecast of {lines.symbols[lines.codes_N[row]]} was made at "
            f"{_shown(lines.made_N[row])}, after the decision at {_shown(lines.decided_N[row])} that it is for"
            f"{f', and so were {more:,} more' if more else ''}; a forecast must be known when it is used: mend the "
            "times, or leave the line out"
        )


def _rows(lines: Lines, panel: Panel, used_N: Int, *, of_days: bool) -> tuple[Int, str]:
    """The bar of each line, -1 where there is none: the one that it is for, or the first that is decided on when it was
    made or later."""
    row_N = np.full(len(used_N), -1, dtype=np.int64)
    exact = lines.decided_N is not None
    when_N = (lines.made_N if lines.decided_N is None else lines.decided_N)[used_N]
    when_N = when_N.astype("datetime64[D]").astype(when_N.dtype) if of_days else when_N
    place = {name: s for s, name in enumerate(panel.symbols)}
    code_N = lines.codes_N[used_N]
    order = np.argsort(code_N, kind="stable")
    edges = np.flatnonzero(np.diff(code_N[order], prepend=-1, append=-1))
    for begin, end in itertools.pairwise(edges):
        mine = order[begin:end]
        s = place[lines.symbols[code_N[mine[0]]]]
        first, times_T = panel.offsets[s], panel.timestamps_R[panel.offsets[s] : panel.offsets[s + 1]]
        at = np.searchsorted(times_T, when_N[mine])
        found = at < len(times_T)
        if exact:
            found[found] = times_T[at[found]] == when_N[mine][found]
        row_N[mine] = np.where(found, first + at, -1)
    lost = row_N < 0
    later = int((lost & (when_N > panel.timestamps_R.max())).sum())
    between = int(lost.sum()) - later
    said = [f"{_count(later, 'forecast')} later than the last bar that is looked at {_are(later)} not read"] * (
        later > 0
    )
    said += [f"{_count(between, 'forecast')} {_are(between)} for times at which the symbol has no bar"] * (between > 0)
    return row_N, f"{lines.path}: {'; '.join(said)}." if said else ""


def _latest(lines: Lines, used_N: Int, row_N: Int) -> tuple[Int, str]:
    """Of several forecasts for one decision the latest. Raises DataError where two were made at one time."""
    order = np.lexsort((lines.made_N[used_N], row_N))
    same = row_N[order][1:] == row_N[order][:-1]
    twice = same & (lines.made_N[used_N][order][1:] == lines.made_N[used_N][order][:-1])
    if twice.any():
        rows = sorted(int(used_N[order[int(twice.argmax()) + shift]]) for shift in (0, 1))
        raise DataError(
            f"{lines.path}: {lines.place(rows[1])}: a second forecast of {lines.symbols[lines.codes_N[rows[1]]]} "
            f"made at {_shown(lines.made_N[rows[1]])}, as in {lines.place(rows[0])}; keep one of them"
        )
    older = int(same.sum())
    said = f"{lines.path}: {_count(older, 'forecast')} {_are(older)} replaced by a later one for the same decision."
    return order[np.append(~same, True)], said if older else ""


def _holes(lines: Lines, panel: Panel, fields: Mapping[str, Float]) -> str:
    """Bars between the first and the last forecast that have none; their portfolio holds nothing for them."""
    known_R = np.logical_and.reduce([np.isfinite(values_R) for values_R in fields.values()])
    times_R, members_R = panel.timestamps_R, panel.in_universe_R
    if not known_R.any():
        raise DataError(f"{lines.path}: no bar has a forecast of every output ({_list(fields)}); mend the columns")
    inside_R = members_R & (times_R >= times_R[known_R].min()) & (times_R <= times_R[known_R].max())
    lacking = int((inside_R & ~known_R).sum())
    if not lacking:
        return ""
    return (
        f"{lines.path}: {lacking:,} of {int(inside_R.sum()):,} bars between the first and the last forecast have none "
        f"({lacking / inside_R.sum():.1%}): they are neither judged nor traded."
    )


def _nothing(lines: Lines, panel: Panel, ours_N: Mask, horizon: int) -> str:
    if not ours_N.any():
        return (
            f"{lines.path}: no forecast is of a symbol of the bars; symbols there: {_list(lines.symbols)}; in the "
            f"bars: {_list(panel.symbols)}; spell them alike"
        )
    assert lines.horizon_N is not None, "all are asked for otherwise"
    there = [f"{bars:g}" for bars in np.unique(lines.horizon_N[ours_N])]
    return (
        f"{lines.path}: no forecast is of {_count(horizon, 'bar')} ahead, which the target asks for; horizons there: "
        f"{_list(there)}; set target.horizon_bars={there[0]}"
    )


def _no_bar(lines: Lines, panel: Panel) -> str:
    first, last = (_shown(time) for time in (panel.timestamps_R.min(), panel.timestamps_R.max()))
    made = lines.made_N if lines.decided_N is None else lines.decided_N
    return (
        f"{lines.path}: no forecast belongs to a bar: they are of {_shown(made.min())} to {_shown(made.max())}, the "
        f"bars that are looked at of {first} to {last}"
    )


def _are_days(times_R: Time) -> bool:
    return bool((times_R == times_R.astype("datetime64[D]")).all())


def _shown(time: np.datetime64) -> str:
    text = str(time.astype("datetime64[s]")).replace("T", " ")
    return text.removesuffix(" 00:00:00")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _list(names: Iterable[object]) -> str:
    found = [str(name) for name in names]
    return ", ".join(found[:MOST_NAMES]) + (", ..." if len(found) > MOST_NAMES else "")
