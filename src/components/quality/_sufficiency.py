"""Whether the bars suffice: how many values a symbol has of each field, and of how many of its times.

Shape legend: R rows.
"""

from collections.abc import Mapping

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.quality._series import spans
from components.values import Time

Asked = int | float | Mapping[str, int] | Mapping[str, float]


def refuse_insufficient(bars: Bars, stamps_T: Time, minimum_history: Asked, completeness: Asked) -> None:
    """Raises DataError naming the worst symbol and field. stamps_T: times of all bars, those that were dropped too: a
    symbol should have a value at each of them between its first and its last bar."""
    history, share = by_field(minimum_history, bars), by_field(completeness, bars)
    if not any((*history.values(), *share.values())):
        return
    ends = spans(bars)
    times = [bars.timestamps_R[[start, end - 1]] for start, end in ends]
    expected_S = np.array([np.diff(np.searchsorted(stamps_T, [first, last]))[0] + 1 for first, last in times])
    for field in bars.fields:
        there = np.isfinite(bars.fields[field])
        count_S = np.array([int(there[start:end].sum()) for start, end in ends])
        if (few_S := count_S < history.get(field, 0)).any():
            worst = int(count_S.argmin())
            raise DataError(
                f"{bars.where}: symbol {bars.symbol(ends[worst][0])} has {count_S[worst]:,} bars with a {field}, "
                f"quality.minimum_history asks for {history[field]:,} ({few_S.sum():,} of {len(ends):,} symbols have "
                "fewer); leave such symbols out, give more bars, or lower it"
            )
        share_S = count_S / expected_S
        if (few_S := share_S < share.get(field, 0)).any():
            worst = int(share_S.argmin())
            first, last = (str(time.astype("datetime64[D]")) for time in times[worst])
            raise DataError(
                f"{bars.where}: symbol {bars.symbol(ends[worst][0])} has a {field} at {share_S[worst]:.1%} of "
                f"{expected_S[worst]:,} times from {first} to {last}, quality.completeness asks for "
                f"{share[field]:.1%} ({few_S.sum():,} of {len(ends):,} symbols have fewer); leave such symbols out, "
                "give the missing values, or lower it"
            )


def by_field(asked: Asked, bars: Bars) -> dict[str, float]:
    """field -> what is asked of it; a number is asked of every field. Raises DataError for one that is not there."""
    if not isinstance(asked, Mapping):
        return dict.fromkeys(bars.fields, asked)
    if unknown := [name for name in asked if name not in bars.fields]:
        raise DataError(
            f"{bars.where}: no field '{unknown[0]}', of which quality asks for values; fields: {', '.join(bars.fields)}"
        )
    return dict(asked)
