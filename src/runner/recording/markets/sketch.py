"""How symbols moved, in two bits a day and two a week: enough to know them again, too little to read a price.

A move goes from one close to the next. Kept are whether there is one, its sign, and whether it is of some size.

Shape legend: S symbols, R bars, D days or weeks in a row, W words of 64 of them.
"""

import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from components.panel import Panel
from components.values import Float, Int
from runner.storage.formats import ARRAYS

WORD = 64
BIG = 0.25
"""A move of at least so many robust standard deviations is of some size: rounding and vendors do not turn it round."""
NORMAL = 0.6745
"""Median of |x| of a standard normal x."""
MONDAYS, ENDS = 3, range(9, 3, -1)
"""Days by which a week is moved to begin with 1970-01-01, a Thursday: one from Monday on, and those that end with
Monday, Tuesday and so on to Saturday. The last day of each has the number of its week from Monday on."""
PRICES = ("close", "adj_close", "price", "value")
"""Fields that a market is known by, the first that a panel has; else its first field."""

PARTS = ("known_SW", "up_SW", "big_SW")
ZLIB = b"\x78"
"""How a sketch of an earlier version begins; one of today begins with a small length."""

Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bits:
    """Moves at steps of one length. first: number of the first word, so that step 64 * first + b is bit b, counted from
    1970-01-01 or its week; known_SW: whether there is a move; up_SW: its sign; big_SW: whether it is of some size."""

    first: int
    known_SW: Words
    up_SW: Words
    big_SW: Words

    @staticmethod
    def of(first_step: int, known_SD: Flags, up_SD: Flags, big_SD: Flags) -> "Bits":
        """Packed; what is not known has no sign and no size."""
        first, before = first_step // WORD, first_step % WORD
        after = -(before + known_SD.shape[1]) % WORD

        def packed(flags_SD: Flags) -> Words:
            whole_SD = np.pad(flags_SD & known_SD, ((0, 0), (before, after)))
            return np.packbits(whole_SD, axis=1, bitorder="little").view("<u8").astype(np.uint64)

        return Bits(first=first, known_SW=packed(known_SD), up_SW=packed(up_SD), big_SW=packed(big_SD))

    @property
    def words(self) -> int:
        return int(self.known_SW.shape[1])

    def take(self, rows: Int) -> "Bits":
        """The symbols of some rows; nothing is known of row -1."""
        there_S1 = (rows >= 0)[:, None]

        def taken(words_SW: Words) -> Words:
            if not len(words_SW):
                return np.zeros((len(rows), words_SW.shape[1]), dtype=np.uint64)
            return np.where(there_S1, words_SW[rows], np.uint64(0))

        return Bits(first=self.first, **{name: taken(each) for name, each in self.arrays.items()})

    def over(self, first: int, words: int) -> "Bits":
        """The same in other words, of which those outside are empty."""

        def moved(words_SW: Words) -> Words:
            out_SW = np.zeros((len(words_SW), words), dtype=np.uint64)
            begin, end = max(first, self.first), min(first + words, self.first + self.words)
            if begin < end:
                out_SW[:, begin - first : end - first] = words_SW[:, begin - self.first : end - self.first]
            return out_SW

        return Bits(first=first, **{name: moved(each) for name, each in self.arrays.items()})

    def later(self, steps: int) -> "Bits":
        """The same moves so many steps later, |steps| < 64."""
        whole = self.over(self.first - 1, self.words + 2)
        if steps == 0:
            return whole
        here, carried = np.uint64(abs(steps)), np.uint64(WORD - abs(steps))

        def shifted(words_SW: Words) -> Words:
            if steps > 0:
                return (words_SW << here) | (np.roll(words_SW, 1, axis=1) >> carried)
            return (words_SW >> here) | (np.roll(words_SW, -1, axis=1) << carried)

        return Bits(first=whole.first, **{name: shifted(each) for name, each in whole.arrays.items()})

    @property
    def arrays(self) -> dict[str, Words]:
        return {"known_SW": self.known_SW, "up_SW": self.up_SW, "big_SW": self.big_SW}


@dataclass(frozen=True, kw_only=True, eq=False)
class Sketch:
    """daily, weekly: of the same S symbols, in the order of their names; ends: of weeks that end with Monday to
    Saturday, by which a file of such weeks is known again; empty in what was kept before there were any."""

    daily: Bits
    weekly: Bits
    ends: tuple[Bits, ...] = ()

    def take(self, rows: Int) -> "Sketch":
        ends = tuple(bits.take(rows) for bits in self.ends)
        return Sketch(daily=self.daily.take(rows), weekly=self.weekly.take(rows), ends=ends)

    def to_bytes(self) -> bytes:
        """The same sketch, the same bytes. Signs look like chance and sizes do not: each part is squeezed by itself."""
        rows = (self.daily, self.weekly, *self.ends)
        shape = [[bits.first, bits.words] for bits in rows]
        squeeze = zlib.compressobj(level=6)
        found = [np.array([len(self.daily.known_SW), *np.ravel(shape)], dtype="<i4").tobytes()]
        found += [b"".join(bits.arrays[part].astype("<u8").tobytes() for bits in rows) for part in PARTS]
        head = len(found[0]).to_bytes(4, "little")
        return head + b"".join(squeeze.compress(each) + squeeze.flush(zlib.Z_FULL_FLUSH) for each in found)

    @staticmethod
    def from_bytes(data: bytes) -> "Sketch":
        if data.startswith(ZLIB):
            return _of_earlier(data)
        plain, length = zlib.decompressobj().decompress(data[4:]), int.from_bytes(data[:4], "little")
        n_symbols, *shape = np.frombuffer(plain[:length], dtype="<i4").tolist()
        words_K = np.frombuffer(plain[length:], dtype="<u8").astype(np.uint64)
        firsts, widths = shape[::2], shape[1::2]
        cuts = np.cumsum([n_symbols * words for words in widths * len(PARTS)])[:-1]
        pieces = [
            piece.reshape(n_symbols, words)
            for piece, words in zip(np.split(words_K, cuts), widths * len(PARTS), strict=True)
        ]
        made = [
            Bits(first=first, **dict(zip(PARTS, pieces[row :: len(widths)], strict=True)))
            for row, first in enumerate(firsts)
        ]
        return Sketch(daily=made[0], weekly=made[1], ends=tuple(made[2:]))


def _of_earlier(data: bytes) -> Sketch:
    """What ledgers hold from before weeks of other ends were kept: arrays by name, squeezed together."""
    arrays = ARRAYS.decode({"arrays.npz": zlib.decompress(data)})

    def bits(name: str, first: int) -> Bits:
        return Bits(first=first, **{part: arrays[f"{name}_{part}"].astype(np.uint64) for part in PARTS})

    daily, weekly = (int(first) for first in arrays["first"])
    return Sketch(daily=bits("daily", daily), weekly=bits("weekly", weekly))


def sketch_of(panel: Panel) -> Sketch:
    """The sketch of every symbol of a panel, from its last close of each UTC day and of each week from Monday on.

    A move is known where both closes are finite and differ, and no weekday lies between them (no week, for weeks): what
    happened over a hole is no move of one day. Its size is |b - a| / max(|a|, |b|), which scale and inversion leave as
    it is; the standard deviation is the median of the sizes / 0.6745.
    """
    price_R = panel.fields[next((name for name in PRICES if name in panel.fields), next(iter(panel.fields)))]
    rows_R = np.flatnonzero(np.isfinite(price_R))
    day_R = panel.timestamps_R[rows_R].astype("datetime64[D]").astype(np.int64)
    codes_R, price_R = panel.symbol_codes_R[rows_R].astype(np.int64), price_R[rows_R]
    n_symbols = len(panel.symbols)

    def weeks(moved: int) -> Bits:
        return _bits(n_symbols, codes_R, (day_R + moved) // 7, price_R, np.subtract)

    return Sketch(
        daily=_bits(n_symbols, codes_R, day_R, price_R, _weekdays),
        weekly=weeks(MONDAYS),
        ends=tuple(weeks(moved) for moved in ENDS),
    )


def _weekdays(day_R: Int, before_R: Int) -> Int:
    """How many days from Monday to Friday begin from one day to before the other."""
    return np.busday_count(before_R.astype("datetime64[D]"), day_R.astype("datetime64[D]"))


def _bits(n_symbols: int, codes_R: Int, step_R: Int, price_R: Float, gap: Any) -> Bits:
    """Moves from the last price of each step to that of the next. gap(step_R, before_R): 1 at most where nothing that
    belongs between them is missing."""
    last_R = np.ones(len(step_R), dtype=bool)
    last_R[:-1] = (step_R[1:] != step_R[:-1]) | (codes_R[1:] != codes_R[:-1])
    codes_R, step_R, price_R = codes_R[last_R], step_R[last_R], price_R[last_R]
    if len(step_R) < 2:
        nothing_SD = np.zeros((n_symbols, 0), dtype=bool)
        return Bits.of(0, nothing_SD, nothing_SD, nothing_SD)
    largest_R = np.maximum(np.abs(price_R[1:]), np.abs(price_R[:-1]))
    size_R = np.abs(np.diff(price_R)) / np.where(largest_R > 0, largest_R, 1.0)
    moved_R = (codes_R[1:] == codes_R[:-1]) & (size_R > 0) & (gap(step_R[1:], step_R[:-1]) <= 1)
    up_R, size_R = (np.diff(price_R) > 0)[moved_R], size_R[moved_R]
    at_R = codes_R[1:][moved_R], step_R[1:][moved_R] - step_R.min()
    shape = n_symbols, int(np.ptp(step_R)) + 1

    def spread(flags_R: Flags) -> Flags:
        flags_SD = np.zeros(shape, dtype=bool)
        flags_SD[at_R] = flags_R
        return flags_SD

    big_R = size_R >= BIG / NORMAL * _medians(at_R[0], size_R)
    return Bits.of(int(step_R.min()), spread(np.ones(len(up_R), dtype=bool)), spread(up_R), spread(big_R))


def _medians(codes_R: Int, size_R: Float) -> Float:
    """(R,) the median of each row's symbol; rows stand together by symbol."""
    bounds = np.flatnonzero(np.diff(codes_R, prepend=-1, append=-1))
    medians = [np.median(size_R[begin:end]) for begin, end in pairwise(bounds)]
    return np.repeat(np.array(medians), np.diff(bounds))
