"""Calendar periods, and what their later rows bring.

Shape legend: R rows, P periods of all symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.leaks.layout import Table, ranks, ranks_within
from components.leaks.series import residual
from components.values import Float, Int, Time

FEWEST_PERIODS = 12
REGRESSORS = 8
"""Periods for each thing that is taken out of a figure."""

FEWEST_ROWS = 2.5
"""Rows that a period must have on average."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Period:
    """first_P, before_P: places of its first row and of the last one of the period before.
    figures: name -> (P,) what the rest of the period brings, past figures taken out; sizes: those that are no
    direction; dates: distinct times among the first rows."""

    name: str
    first_P: Int
    before_P: Int
    figures: dict[str, Float]
    dates: int


SIZES = frozenset({"spread", "high", "low", "range"})


def periods(table: Table, price_R: Float) -> Iterator[Period]:
    """Every calendar period of which the table holds enough, each with several rows."""
    for name, key_R in _keys(table.times_R):
        found = _period(table, price_R, name, key_R)
        if found is not None:
            yield found


def _keys(times_R: Time) -> Iterator[tuple[str, Int]]:
    day_R = times_R.astype("datetime64[D]").astype(np.int64)
    month_R = times_R.astype("datetime64[M]").astype(np.int64)
    yield "hour", times_R.astype("datetime64[h]").astype(np.int64)
    yield "day", day_R
    yield "week", (day_R + 3) // 7
    yield "month", month_R
    yield "quarter", month_R // 3
    yield "year", month_R // 12


def _period(table: Table, price_R: Float, name: str, key_R: Int) -> Period | None:
    joined_R = table.symbol_R * (int(key_R.max() - key_R.min()) + 2) + (key_R - key_R.min())
    first_P = np.flatnonzero(np.concatenate([[True], joined_R[1:] != joined_R[:-1]]))
    end_P = np.append(first_P[1:], table.n_rows)
    if len(first_P) < FEWEST_PERIODS or table.n_rows < FEWEST_ROWS * len(first_P):
        return None
    # The first period of a symbol has none before it, and one row has no rest.
    same_P = np.concatenate([[False], table.symbol_R[first_P[1:]] == table.symbol_R[first_P[1:] - 1]])
    keep_P = same_P & (end_P - first_P >= 2)
    if keep_P.sum() < FEWEST_PERIODS:
        return None
    figures = _figures(price_R, first_P, end_P)
    past = np.column_stack([ranks(price_R[first_P]), _figures_before(figures)])
    symbol_P = table.symbol_R[first_P]
    told = {figure: _news(values_P, past, symbol_P)[keep_P] for figure, values_P in figures.items()}
    first_P = first_P[keep_P]
    return Period(
        name=name,
        first_P=first_P,
        before_P=first_P - 1,
        figures=told,
        dates=len(np.unique(table.date_R[first_P])),
    )


def _figures(price_R: Float, first_P: Int, end_P: Int) -> dict[str, Float]:
    """name -> (P,) of the rows after the first one, against the first row's price."""
    filled_R = np.where(np.isfinite(price_R), price_R, np.nan)
    start_P = price_R[first_P]
    rest_P = np.minimum(first_P + 1, len(price_R) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale_R = np.log(filled_R) if np.nanmin(price_R) > 0 else filled_R
        move_R = np.concatenate([[np.nan], np.diff(scale_R)])
        begin_P = scale_R[first_P]
        cuts = np.stack([rest_P, end_P], axis=1).ravel()
        cuts = np.minimum(cuts, len(price_R) - 1)
        high_P = np.fmax.reduceat(scale_R, cuts)[::2] - begin_P
        low_P = np.fmin.reduceat(scale_R, cuts)[::2] - begin_P
        sums_P = np.add.reduceat(np.nan_to_num(scale_R), cuts)[::2]
        squares_P = np.add.reduceat(np.nan_to_num(move_R) ** 2, cuts)[::2]
    count_P = np.maximum(end_P - first_P - 1, 1)
    last_P = scale_R[end_P - 1] - begin_P
    found = {
        "return": last_P,
        "mean": sums_P / count_P - begin_P,
        "high": high_P,
        "low": low_P,
        "spread": np.log(np.maximum(np.sqrt(squares_P / count_P), 1e-12)),
        "range": np.log(np.maximum(np.fmax(high_P, 0) - np.fmin(low_P, 0), 1e-12)),
        "place": (last_P - np.fmin(low_P, 0)) / np.maximum(np.fmax(high_P, 0) - np.fmin(low_P, 0), 1e-12),
    }
    return {name: np.where((end_P - first_P >= 2) & np.isfinite(start_P), v, np.nan) for name, v in found.items()}


def _figures_before(figures: dict[str, Float]) -> Float:
    """(P, 6) what the last period brought, for what is foretold by it."""
    spread_P, range_P, return_P = figures["spread"], figures["range"], figures["return"]
    lagged = [np.concatenate([[np.nan], each_P[:-1]]) for each_P in (spread_P, range_P, return_P)]
    again = [np.concatenate([[np.nan, np.nan], each_P[:-2]]) for each_P in (spread_P, range_P)]
    return np.column_stack([ranks(each_P) for each_P in (*lagged, *again)])


def _news(values_P: Float, past_PQ: Float, symbol_P: Int) -> Float:
    ranked_P = ranks_within(values_P, symbol_P)
    # A price that returns to its mean, as a volatility index does, foretells its year: as much as rows suffice for.
    return residual(ranked_P, past_PQ[:, : len(values_P) // REGRESSORS])
