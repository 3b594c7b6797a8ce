"""What the times of bars say about how they were read: lost clocks, lost offsets, dates that are not there yet.

Shape legend: R rows, S symbols.
"""

from collections.abc import Iterator

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.structure import Defect, named

DAY = np.timedelta64(1, "D")
# So many bars that contradict others of their symbol and time are no mistakes of a vendor.
CONTRADICTING = 0.1
# Fewer bars within the span of others may miss their dates by chance.
FEW = 20
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


def refuse_lost_clocks(bars: Bars) -> None:
    """Raises DataError where the times cannot be all that tells the bars apart: no policy chooses among them."""
    rows_R = np.lexsort((bars.timestamps_R, bars.codes_R))
    code_R, time_R = bars.codes_R[rows_R], bars.timestamps_R[rows_R]
    again_R = (code_R[1:] == code_R[:-1]) & (time_R[1:] == time_R[:-1])
    if again_R.mean() <= CONTRADICTING if len(again_R) else True:
        return
    differs_R = np.zeros(len(again_R), dtype=bool)
    for values_R in bars.fields.values():
        sorted_R = values_R[rows_R]
        differs_R |= (sorted_R[1:] != sorted_R[:-1]) & ~(np.isnan(sorted_R[1:]) & np.isnan(sorted_R[:-1]))
    wrong_R = again_R & differs_R
    if wrong_R.sum() > CONTRADICTING * bars.n_rows:
        row = int(rows_R[1:][wrong_R].min())
        raise DataError(
            f"{bars.where}: {wrong_R.sum():,} of {bars.n_rows:,} bars are duplicates of their symbol and time, for "
            f"example {named(bars, row)}; nothing is repaired: is the clock or the symbol another column "
            "(data.clock_column, data.symbol_column)?"
        )


def beyond_now(bars: Bars) -> Iterator[Defect]:
    """Bars of days to come. A day more is allowed: dates begin earlier in the east."""
    rows = np.flatnonzero(bars.timestamps_R > np.datetime64("now", "us") + DAY)
    if len(rows):
        says = f"bar of the future: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="are dates read as they are meant? mend data.date_format or the file")


def shifted_weeks(bars: Bars) -> Iterator[Defect]:
    """Bars on Sundays of symbols that have none on Fridays: dates of the east, turned into UTC, lie a day early."""
    day_R = (bars.timestamps_R.astype("datetime64[D]").view(np.int64) + 3) % 7
    count_SD = np.zeros((len(bars.symbols), 7), dtype=np.int64)
    np.add.at(count_SD, (bars.codes_R, day_R), 1)
    shifted_S = (count_SD[:, SUNDAY] > FEW // 5) & (count_SD[:, [FRIDAY, SATURDAY]].sum(axis=1) == 0)
    shifted_S &= (count_SD > 0).sum(axis=1) >= 4
    rows = np.flatnonzero(shifted_S[bars.codes_R] & (day_R == SUNDAY))
    if len(rows):
        yield Defect(
            rows=rows,
            says=f"bars on Sundays and none on Fridays: {named(bars, rows[0])}",
            remedy="unless the exchange rests on Fridays the dates lost an offset: give it, or data.time_zone",
        )


def never_together(bars: Bars) -> Iterator[Defect]:
    """Symbols that share no time with any other, though others have bars while they do: no cross-section holds them."""
    if len(bars.symbols) < 2:
        return
    _, place_R, count_T = np.unique(bars.timestamps_R, return_inverse=True, return_counts=True)
    shared_S = np.bincount(bars.codes_R, weights=count_T[place_R] > 1, minlength=len(bars.symbols))
    bars_S = np.bincount(bars.codes_R, minlength=len(bars.symbols))
    alone = [code for code in np.flatnonzero((shared_S == 0) & (bars_S >= FEW)) if _among_others(bars, int(code))]
    if alone:
        rows = np.flatnonzero(np.isin(bars.codes_R, alone))
        others = "the only ones" if len(alone) == len(bars.symbols) else f"{len(alone)} of {len(bars.symbols)} symbols"
        yield Defect(
            rows=rows,
            says=f"{others} whose bars share no time with those of another: {named(bars, rows[0])}",
            remedy="they are never compared; give dates, or times of one zone (data.time_zone)",
        )


def _among_others(bars: Bars, code: int) -> bool:
    """Whether many bars of others lie within the span of a symbol."""
    own_R = bars.codes_R == code
    first, last = bars.timestamps_R[own_R].min(), bars.timestamps_R[own_R].max()
    return bool((~own_R & (bars.timestamps_R > first) & (bars.timestamps_R < last)).sum() >= FEW)
