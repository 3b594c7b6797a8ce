"""What a vendor changed of bars that were fetched before, and whether that is an adjustment.

Shape legend: B bars that both have; O price fields.
"""

from typing import TYPE_CHECKING

import numpy as np

from components.values import Float
from runner.fetching.held import Revised

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("open", "high", "low", "close")
SAME = 1e-6
"""Of a value, by which two answers may differ: vendors store float32."""
CENT = 0.0051
"""By which prices that are rounded to the cent may differ from what a factor makes of them."""
UNCHANGED = 5e-4
"""Of a factor, by which it may differ from 1 and mean no adjustment: dividends change it by more."""
FEW = 0.1
"""Of the bars, by which the factor may change in a row of adjustments (a dividend a quarter changes it by 0.016)."""


def revisions(symbol: str, old: "pd.DataFrame", new: "pd.DataFrame", noticed_at: str) -> tuple[Revised, ...]:
    """What differs between two answers about the same span: bars that were changed, that went and that came between.

    An adjustment multiplies the prices of all bars before a date by one factor (a split, a dividend) and leaves the
    later ones; several are a row of factors. Everything else is a revision of single bars.
    """
    import pandas as pd

    both = old.merge(new, on="timestamp", how="outer", suffixes=("_old", "_new"), indicator=True)
    fields = [name for name in old.columns if name != "timestamp" and name in new.columns]
    found = []
    for side, verb in (("left_only", "gone"), ("right_only", "new among those that were there")):
        inside = both["timestamp"].between(old["timestamp"].min(), old["timestamp"].max())
        rows = both[(both["_merge"] == side) & inside]
        if len(rows):
            found.append(_revised(symbol, rows["timestamp"], f"{len(rows)} {_bars(len(rows))} {verb}", noticed_at))
    common = both[both["_merge"] == "both"]
    pairs = {name: (_values(common, f"{name}_old"), _values(common, f"{name}_new")) for name in fields}
    changed = {name: _differ(*pair) for name, pair in pairs.items()}
    any_B = np.logical_or.reduce([*changed.values(), np.zeros(len(common), dtype=bool)])
    if any_B.any():
        stamps = pd.Series(common["timestamp"].to_numpy()[any_B])
        says = _adjusted(common["timestamp"].to_numpy(), {n: p for n, p in pairs.items() if n in PRICES})
        others = {name: any_B for name, any_B in changed.items() if says is None or not _follows(name, pairs)}
        told = "; ".join(filter(None, [says, _told(pairs, others)]))
        found.append(_revised(symbol, stamps, told, noticed_at, adjustment=says is not None))
    return tuple(found)


def differ(old: "pd.DataFrame", new: "pd.DataFrame") -> bool:
    """Whether anything of the bars that both are about differs."""
    return bool(revisions("", old, new, ""))


def _values(frame: "pd.DataFrame", name: str) -> Float:
    return np.asarray(frame[name].to_numpy(dtype=np.float64))


def _differ(old_B: Float, new_B: Float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    apart_B = np.abs(new_B - old_B) > SAME * np.maximum(np.abs(old_B), np.abs(new_B))
    return np.asarray(apart_B | (np.isnan(old_B) != np.isnan(new_B)))


def _adjusted(
    times_B: "np.ndarray[tuple[int], np.dtype[np.datetime64]]", prices: dict[str, tuple[Float, Float]]
) -> str | None:
    """The factors, where all prices of a bar have the same one, it changes seldom, and the newest bars have 1."""
    if "close" not in prices or len(times_B) < 2:
        return None
    old_BO = np.stack([old for old, _ in prices.values()], axis=1)
    new_BO = np.stack([new for _, new in prices.values()], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor_B = prices["close"][1] / prices["close"][0]
        slack_BO = SAME * np.abs(new_BO) + 2 * CENT * (1 + np.abs(factor_B[:, None]))
    if not np.isfinite(factor_B).all() or (np.abs(new_BO - old_BO * factor_B[:, None]) > slack_BO).any():
        return None
    steps = _steps(factor_B, SAME + CENT / np.abs(prices["close"][0]) + CENT / np.abs(prices["close"][1]))
    if len(steps) - 1 > max(1, FEW * len(times_B)):
        return None
    days = [str(times_B[at].astype("datetime64[D]")) for at, _ in steps]
    (_, newest), *earlier = steps[::-1]
    if earlier and (abs(newest - 1) > UNCHANGED or any(abs(factor - 1) <= UNCHANGED for _, factor in earlier)):
        return None  # what begins or ends in the midst was corrected, not adjusted
    if not earlier and abs(newest - 1) <= UNCHANGED:
        return None
    if not earlier:
        return f"all prices times {newest:.6g}: an adjustment"
    told = [f"times {factor:.6g} before {before}" for (_, factor), before in zip(steps[:-1], days[1:], strict=True)]
    shown = "; ".join(told[-3:][::-1]) + (f"; {len(told) - 3} more" if len(told) > 3 else "")
    return f"prices {shown}: an adjustment, as for a split or dividend"


def _follows(name: str, pairs: dict[str, tuple[Float, Float]]) -> bool:
    """Whether a field changed as an adjustment of the prices has it: prices, and volume the other way round."""
    if name in PRICES:
        return True
    (old_B, new_B), (was_B, is_B) = pairs[name], pairs["close"]
    return name == "volume" and bool(np.allclose(new_B * is_B, old_B * was_B, rtol=0.01, equal_nan=True))


def _steps(factor_B: Float, slack_B: Float) -> list[tuple[int, float]]:
    """(first bar, factor) of each stretch of bars that agree on a factor, found from the newest bar on."""
    steps: list[tuple[int, float]] = []
    start = len(factor_B)
    while start:
        end, low, high = start, -np.inf, np.inf
        while start and max(low, factor_B[start - 1] - slack_B[start - 1]) <= min(
            high, factor_B[start - 1] + slack_B[start - 1]
        ):
            start -= 1
            low, high = max(low, factor_B[start] - slack_B[start]), min(high, factor_B[start] + slack_B[start])
        steps.append((start, float(np.median(factor_B[start:end]))))
    return steps[::-1]


def _told(
    pairs: dict[str, tuple[Float, Float]], changed: "dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]"
) -> str:
    """By how much each field changed at most, in fields that did."""
    parts = []
    for name, changed_B in changed.items():
        if not changed_B.any():
            continue
        old_B, new_B = (values_B[changed_B] for values_B in pairs[name])
        with np.errstate(divide="ignore", invalid="ignore"):
            share_B = np.abs(new_B / old_B - 1)
        known = share_B[np.isfinite(share_B)]
        parts.append(f"{name} by up to {known.max():.3g} of it" if len(known) else f"{name} came or went")
    return ", ".join(parts)


def _revised(symbol: str, stamps: "pd.Series", says: str, noticed_at: str, *, adjustment: bool = False) -> Revised:
    first = stamps.min().isoformat().removesuffix("T00:00:00")
    return Revised(
        symbol=symbol, first=first, bars=len(stamps), says=says, adjustment=adjustment, noticed_at=noticed_at
    )


def _bars(n: int) -> str:
    return "bar" if n == 1 else "bars"
