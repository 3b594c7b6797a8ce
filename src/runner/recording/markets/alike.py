"""Which symbols moved alike: two agreements of their sketches, at the days that both have.

Of n common moves, `sign` is the share whose signs agree, freed of what chance gives two series that rise so often
(Cohen's kappa: (s - e) / (1 - e), e = p q + (1 - p)(1 - q)); `firm` is the share among moves that are of some size in
both. Quotes the other way round agree as well, with every sign turned.

Shape legend: P, Q symbols, N pairs of them, W words of a sketch, D days of one block.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from components.values import Float, Int
from runner.recording.markets.sketch import Bits, Flags, Sketch, Words

DAY_SHIFTS = (0, 1, -1, 2, -2, 3, -3)
WEEK_SHIFTS = (0, 1, -1)
BLOCK = 4
"""Words that are compared at once when most pairs are still to be told apart."""
TELLING = 100
"""Common moves after which a pair that agrees in less than LIKELY of them is told apart."""
LIKELY = 0.8
FEW_LEFT = 0.005
"""Share of the pairs that are compared one by one."""

Kind = Literal["same", "market", "other", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """From how many common moves on, and from which agreements on, two series are the same or of one market.

    exact: moves that suffice where nearly all signs agree (exact_sign); few: where ENOUGH symbols of a panel are found
    in another one. Below, and where they neither agree nor differ (sign below `differs`), nothing can be said. covered:
    share of the moves of either that must be common, for one market: coarse prices show only moves that all share.
    Of 408 large caps in windows of ten years, none of 4.5 million pairs of distinct stocks is exact in 80 days, none of
    1.5 million in 52 weeks.
    """

    exact: int
    few: int
    same: int
    market: int
    same_sign: float = 0.92
    same_firm: float = 0.99
    market_sign: float = 0.84
    market_firm: float = 0.98
    exact_sign: float = 0.98
    covered: float = 0.7
    differs: float = 0.6


DAILY = Rule(exact=100, few=120, same=250, market=500)
WEEKLY = Rule(exact=60, few=104, same=150, market=10**9, differs=0.35)
"""What lies between the closes of two weeks is shared by a whole industry: weeks tell the same series only."""
ENOUGH = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of symbols: rows of either sketch, common moves and their share of either's at the time, agreements, days
    by which the second is later, whether its quotes are the other way round, and whether weeks were compared."""

    own_N: Int
    other_N: Int
    common_N: Int
    covered_N: Float
    sign_N: Float
    firm_N: Float
    shift_N: Int
    inverted_N: Flags
    weekly_N: Flags

    def take(self, rows: Int | Flags) -> "Pairs":
        return Pairs(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    @staticmethod
    def joined(parts: "list[Pairs]") -> "Pairs":
        return Pairs(
            **{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Pairs)}
        )

    def best(self) -> "Pairs":
        """Of each pair the comparison with the greatest agreement, days before weeks where both say something."""
        order = np.lexsort((-self.common_N, -self.sign_N, self.weekly_N, self.other_N, self.own_N))
        sorted_ = self.take(order)
        first_N = np.ones(len(order), dtype=bool)
        first_N[1:] = (np.diff(sorted_.own_N) != 0) | (np.diff(sorted_.other_N) != 0)
        return sorted_.take(first_N)

    def kinds(self) -> "npt.NDArray[np.str_]":
        """(N,) what is said of each pair by itself, and of those that need company: `few`, the same if there are
        enough of them."""
        kinds_N = np.full(len(self.own_N), "unknown", dtype="<U7")
        for rule, of_N in ((DAILY, ~self.weekly_N), (WEEKLY, self.weekly_N)):
            same_N = (self.sign_N >= rule.same_sign) & (self.firm_N >= rule.same_firm)
            exact_N = same_N & (self.sign_N >= rule.exact_sign) & (self.common_N >= rule.exact)
            market_N = (self.sign_N >= rule.market_sign) & (self.firm_N >= rule.market_firm)
            market_N &= self.covered_N >= rule.covered
            kinds_N[of_N & (self.common_N >= rule.few) & (self.sign_N < rule.differs)] = "other"
            kinds_N[of_N & (self.common_N >= rule.market) & market_N] = "market"
            kinds_N[of_N & (self.common_N >= rule.few) & same_N] = "few"
            kinds_N[of_N & (((self.common_N >= rule.same) & same_N) | exact_N)] = "same"
        return kinds_N


def alike(own: Sketch, other: Sketch) -> Pairs:
    """The pairs that may be one market: all whose signs agree, or disagree, at most common days."""
    days = [_found(own.daily, other.daily, shift, weekly=False) for shift in DAY_SHIFTS]
    weeks = [_found(own.weekly, other.weekly, shift, weekly=True) for shift in WEEK_SHIFTS]
    return Pairs.joined([*days, *weeks, *_of_other_weeks(own, other)]).best()


def _of_other_weeks(own: Sketch, other: Sketch) -> Iterator[Pairs]:
    """Symbols of which weeks alone are known, against the weeks of the others that end on each day."""
    own_P, other_Q = (np.flatnonzero(_weeks_alone(sketch)) for sketch in (own, other))
    for shift in WEEK_SHIFTS:
        if len(own_P):
            for bits in other.ends:
                found = _found(own.weekly.take(own_P), bits, shift, weekly=True)
                yield replace(found, own_N=own_P[found.own_N])
        if len(other_Q):
            for bits in own.ends:
                found = _found(bits, other.weekly.take(other_Q), shift, weekly=True)
                yield replace(found, other_N=other_Q[found.other_N])


def _weeks_alone(sketch: Sketch) -> Flags:
    return (_count(sketch.daily.known_SW) < DAILY.exact) & (_count(sketch.weekly.known_SW) >= WEEKLY.exact)


def compared(own: Sketch, other: Sketch, own_N: Int, other_N: Int) -> Pairs:
    """Given pairs, however they agree: by days where they have enough of them in common, else by weeks."""
    parts = [_measured(own.daily, other.daily, own_N, other_N, shift, weekly=False) for shift in DAY_SHIFTS]
    weeks = [(own.weekly, other.weekly)]
    if (_weeks_alone(own)[own_N] | _weeks_alone(other)[other_N]).any():
        weeks += [*((own.weekly, bits) for bits in other.ends), *((bits, other.weekly) for bits in own.ends)]
    parts += [_measured(one, two, own_N, other_N, shift, weekly=True) for one, two in weeks for shift in WEEK_SHIFTS]
    joined = Pairs.joined(parts)
    few_N = joined.common_N < np.where(joined.weekly_N, WEEKLY.exact, DAILY.exact)
    joined.sign_N[few_N] = -np.inf
    found = joined.best()
    # Days that say nothing leave the word to the weeks.
    silent_N = np.isinf(found.sign_N)
    if silent_N.any():
        of_weeks = Pairs.joined([part for part in parts if part.weekly_N.all()]).best()
        found = Pairs.joined([found.take(~silent_N), of_weeks.take(silent_N)]).best()
    return found


def long_enough(sketch: Sketch) -> Flags:
    """(S,) whether enough moves are known of a symbol for it to be recognised."""
    days_S, weeks_S = _count(sketch.daily.known_SW), _count(sketch.weekly.known_SW)
    return (days_S >= DAILY.exact) | (weeks_S >= WEEKLY.exact)


def _found(own: Bits, other: Bits, shift: int, *, weekly: bool) -> Pairs:
    rows_N, columns_N = _candidates(own.later(shift), other)
    pairs = _measured(own, other, rows_N, columns_N, shift, weekly=weekly)
    rule = WEEKLY if weekly else DAILY
    return pairs.take((pairs.common_N >= rule.exact) & (pairs.sign_N >= LIKELY))


def _candidates(own: Bits, other: Bits) -> tuple[Int, Int]:
    """Pairs that were not told apart block by block, most of them after the first: a block is one product of matrices.
    Where few are left, all that they have in common tells more cheaply."""
    first, last = max(own.first, other.first), min(own.first + own.words, other.first + other.words)
    pending_PQ = np.ones((len(own.known_SW), len(other.known_SW)), dtype=bool)
    common_PQ = np.zeros(pending_PQ.shape, dtype=np.float32)
    agree_PQ = np.zeros(pending_PQ.shape, dtype=np.float32)
    for begin in range(first, last, BLOCK):
        if np.count_nonzero(pending_PQ) <= FEW_LEFT * pending_PQ.size:
            break
        here, there = (bits.over(begin, min(BLOCK, last - begin)) for bits in (own, other))
        rows = np.flatnonzero(pending_PQ.any(axis=1) & here.known_SW.any(axis=1))
        columns = np.flatnonzero(pending_PQ.any(axis=0) & there.known_SW.any(axis=1))
        if not len(rows) or not len(columns):
            continue
        known_PD, sign_PD = _floats(here.take(rows))
        known_QD, sign_QD = _floats(there.take(columns))
        common_pq, agree_pq = known_PD @ known_QD.T, sign_PD @ sign_QD.T
        whole = len(rows) == pending_PQ.shape[0] and len(columns) == pending_PQ.shape[1]
        at = (slice(None), slice(None)) if whole else np.ix_(rows, columns)
        common_PQ[at] += common_pq
        agree_PQ[at] += agree_pq
        common_pq, agree_pq = common_PQ[at], np.abs(agree_PQ[at])
        pending_PQ[at] &= (agree_pq >= (2 * LIKELY - 1) * common_pq) | (common_pq < TELLING)
    else:
        pending_PQ &= common_PQ >= min(DAILY.exact, WEEKLY.exact)
    rows_N, columns_N = np.nonzero(pending_PQ)
    return rows_N, columns_N


def _floats(bits: Bits) -> tuple["npt.NDArray[np.float32]", "npt.NDArray[np.float32]"]:
    """(S, D) whether a move is known, and its sign, as factors of a product."""
    known_SD, up_SD = (
        np.unpackbits(words_SW.astype("<u8").view(np.uint8), axis=1, bitorder="little").astype(np.float32)
        for words_SW in (bits.known_SW, bits.up_SW)
    )
    return known_SD, 2 * up_SD - known_SD


def _measured(own: Bits, other: Bits, own_N: Int, other_N: Int, shift: int, *, weekly: bool) -> Pairs:
    later = own.later(shift)
    first, last = min(later.first, other.first), max(later.first + later.words, other.first + other.words)
    one, two = (bits.over(first, last - first) for bits in (later, other))
    both_NW = one.known_SW[own_N] & two.known_SW[other_N]
    firm_NW = one.big_SW[own_N] & two.big_SW[other_N]
    equal_NW = ~(one.up_SW[own_N] ^ two.up_SW[other_N])
    common_N, firm_N = _count(both_NW), _count(firm_NW)
    inverted_N = 2 * _count(both_NW & equal_NW) < common_N
    agree_NW = np.where(inverted_N[:, None], ~equal_NW, equal_NW)
    rises_N = _share(_count(both_NW & one.up_SW[own_N]), common_N)
    rises_too_N = _share(_count(both_NW & two.up_SW[other_N]), common_N)
    rises_too_N = np.where(inverted_N, 1 - rises_too_N, rises_too_N)
    chance_N = rises_N * rises_too_N + (1 - rises_N) * (1 - rises_too_N)
    sign_N = (_share(_count(both_NW & agree_NW), common_N) - chance_N) / np.maximum(1 - chance_N, 1e-9)
    return Pairs(
        own_N=own_N,
        other_N=other_N,
        common_N=common_N,
        covered_N=_share(common_N, np.maximum(_beside(one, two, own_N, other_N), _beside(two, one, other_N, own_N))),
        sign_N=sign_N,
        firm_N=_share(_count(firm_NW & agree_NW), firm_N),
        shift_N=np.full(len(own_N), shift * (7 if weekly else 1)),
        inverted_N=inverted_N,
        weekly_N=np.full(len(own_N), weekly),
    )


def _beside(one: Bits, two: Bits, one_N: Int, two_N: Int) -> Int:
    """(N,) moves of the one in the words in which the other has some."""
    return _count(np.where(two.known_SW[two_N] > 0, one.known_SW[one_N], np.uint64(0)))


def _count(words_NW: Words) -> Int:
    counts_N: Int = np.bitwise_count(words_NW).sum(axis=1, dtype=np.int64)
    return counts_N


def _share(part_N: Int, of_N: Int) -> Float:
    return part_N / np.maximum(of_N, 1)
