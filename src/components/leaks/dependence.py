"""Statistical dependence on what the future brings that the past does not tell.

Levels are never compared: against a price level honest columns correlate above 0.5, and the last month's
volatility legitimately tells much of the next month's. What is compared is innovations, against floors above
what honest data reach: markets that open later follow the earlier ones by up to about 0.6 at the next bar, but new
information about bars beyond the next one is absorbed by the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from components.leaks.examined import MIN_ROWS, Block, Kind, Severity, Signal
from components.leaks.series import (
    calendar_dummies,
    clipped,
    correlations,
    innovations,
    p_values,
    residual,
    shifted,
    window_of,
)
from components.leaks.tests._wording import chance
from components.values import Float

NEXT_FLOOR = 0.7
BEYOND_FLOOR = 0.4
SUM_FLOOR = 0.7
TARGET_FLOOR = 0.85
"""Of a target that its own past tells of."""

OVERLAP_FLOOR = 0.9
"""Of one that spans several rows: its suspects lie above 1 / sqrt(2) by what some hundred rows may stray."""

SUSPECT = 0.87
"""Share of a floor from which on a column is suspect."""

FAR_FROM_CHANCE = 1e-5
"""Before all statistics of a table are counted."""

FURTHEST = 260
FURTHEST_SIZE = 66
SUMS = (2, 3, 5, 10, 20)


@dataclass(frozen=True, kw_only=True, eq=False)
class Future:
    """What becomes known after row t.

    step: rows ahead; mirror_T: the same as many rows before, to tell centred windows from forward ones;
    overlap: rows that one value spans; raw: compared with columns as they are, not with their innovations.
    """

    name: str
    values_T: Float
    step: int
    floor: float
    mirror_T: Float | None = None
    overlap: int = 1
    raw: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Dependence:
    """r_KN: correlations of K futures with N columns; p_KN: of chance, with overlaps allowed for."""

    futures: tuple[Future, ...]
    names: tuple[str, ...]
    changes_NT: Float
    r_KN: Float
    p_KN: Float

    def signals(self) -> Iterator[Signal]:
        """At most one a column: the correlation that exceeds its floor by most."""
        floor_K1 = np.array([[future.floor] for future in self.futures])
        excess_KN = np.where(self.p_KN < FAR_FROM_CHANCE, np.abs(np.nan_to_num(self.r_KN)) / floor_K1, 0.0)
        for i, name in enumerate(self.names):
            k = int(excess_KN[:, i].argmax())
            if excess_KN[k, i] >= SUSPECT:
                yield self._signal(name, i, k, float(excess_KN[k, i]))

    def _signal(self, name: str, i: int, k: int, excess: float) -> Signal:
        r, future, p = float(self.r_KN[k, i]), self.futures[k], float(self.p_KN[k, i])
        severity: Severity = "leak" if excess >= 1 else "suspect"
        kind, mirrored = self._kind(future, i, r)
        evidence = f"correlates {r:+.2f} with {future.name}; honest columns stay below {future.floor:.2f}"
        if mirrored:
            evidence += ", and takes in such later rows as it drops those as far before"
        return Signal(
            column=name,
            kind=kind,
            severity=severity,
            evidence=f"{evidence} (chance {chance(p)})",
            strength=abs(r),
            p=p,
        )

    def _kind(self, future: Future, i: int, r: float) -> tuple[Kind, bool]:
        if abs(r) > 0.95 and not future.raw:
            return "shifted copy", False
        if future.mirror_T is not None and future.step > 1:
            # A window centred on t takes in row t + k as it drops row t - k - 1.
            dropped_KT = np.array([future.mirror_T, shifted(future.mirror_T, -1)])
            mirrored, _ = correlations(dropped_KT, self.changes_NT[i][None])
            if np.abs(np.nan_to_num(mirrored)).max() > 0.5 * abs(r):
                return "centred window", True
        return "future innovations", False


def on_base(block: Block, base: str, names: tuple[str, ...]) -> Dependence:
    """Against the innovations of a base that is known at its own row: of its moves and of their size."""
    moves_T = block.innovations[base]
    sizes_T = innovations(np.abs(moves_T), block.calendar_TC)
    furthest = min(FURTHEST, len(moves_T) // 4)
    window = window_of(block.columns[base])
    futures = []
    for label, values_T, last in (
        (f"the innovation of {base}", moves_T, furthest),
        (f"the innovation of |moves| of {base}", sizes_T, min(furthest, FURTHEST_SIZE)),
    ):
        for k in range(1, last + 1):
            futures.append(
                Future(
                    name=f"{label}[t+{k}]",
                    values_T=shifted(values_T, k),
                    step=k,
                    # A moving window drops the row of w before, which honest columns know, when it reaches t + w.
                    floor=NEXT_FLOOR if k == 1 or abs(k - window) <= 1 else BEYOND_FLOOR,
                    mirror_T=shifted(values_T, -k),
                )
            )
    # The sum of later moves, but not of their sizes: volatility legitimately tells of volatility to come.
    return _against(block, names, futures + _sums(base, moves_T))


def on_target(
    block: Block, target: str, names: tuple[str, ...], horizon: int, bases: tuple[str, ...] = ()
) -> Dependence:
    """Against a target that becomes known `horizon` rows after its own row."""
    y_T = block.columns[target]
    moves_T = block.innovations[target]
    if bases:
        # A target that spans several rows drops the price's last move, which every honest column may know.
        known = [shifted(block.innovations[base], -lag) for base in bases for lag in (0, 1)]
        moves_T = clipped(residual(moves_T, np.column_stack(known)))
    furthest = min(FURTHEST, len(moves_T) // 4)
    # The innovation of an overlapping target is the move that it takes in less the one that it drops, which honest
    # columns know: r = -1 / sqrt(2), unless a price takes that part out.
    plain = bool(bases) if horizon > 1 else _is_white(y_T)
    floor = NEXT_FLOOR if plain else OVERLAP_FLOOR if horizon > 1 else TARGET_FLOOR
    futures = [
        Future(
            name=f"the innovation of {target}[t{k:+d}]" if k else f"the innovation of {target}[t]",
            values_T=shifted(moves_T, k),
            step=k,
            floor=floor if k <= 0 else BEYOND_FLOOR,
        )
        for k in range(1 - horizon, furthest + 1)
    ]
    known_TP = np.column_stack([clipped(shifted(y_T, -horizon * i)) for i in (1, 2)])
    given_T = residual(y_T, np.column_stack([known_TP, calendar_dummies(block.times_T)]))
    surprise = f"{target}[t] beyond what {target}[t-{horizon}] tells"
    futures.append(
        Future(name=surprise, values_T=clipped(given_T), step=0, floor=0.75, overlap=horizon, raw=True),
    )
    return _against(block, names, futures)


def _sums(base: str, values_T: Float) -> list[Future]:
    sums = []
    for h in SUMS:
        if h >= len(values_T) // 30:
            break
        total_T = np.sum([shifted(values_T, k) for k in range(1, h + 1)], axis=0)
        name = f"the sum of the innovations of {base}[t+1..t+{h}]"
        sums.append(Future(name=name, values_T=total_T, step=h, floor=SUM_FLOOR, overlap=h, raw=True))
    return sums


def _against(block: Block, names: tuple[str, ...], futures: list[Future]) -> Dependence:
    moves_NT = np.array([block.innovations[name] for name in names])
    raw_NT = np.array([clipped(block.columns[name]) for name in names])
    changes_NT = np.array([clipped(x_T - shifted(x_T, -1)) for x_T in block.matrix(names)])
    r_KN, p_KN = np.full((len(futures), len(names)), np.nan), np.ones((len(futures), len(names)))
    for raw, column_NT in ((False, moves_NT), (True, raw_NT)):
        rows = [k for k, future in enumerate(futures) if future.raw == raw]
        if not rows:
            continue
        overlap_K1 = np.array([[futures[k].overlap] for k in rows])
        r, n = correlations(np.array([futures[k].values_T for k in rows]), column_NT)
        r_KN[rows] = np.where(n >= MIN_ROWS / 2, r, np.nan)
        p_KN[rows] = np.where(n >= MIN_ROWS / 2, p_values(r, n / overlap_K1), 1.0)
    return Dependence(futures=tuple(futures), names=names, changes_NT=changes_NT, r_KN=r_KN, p_KN=p_KN)


def _is_white(y_T: Float) -> bool:
    r, n = correlations(y_T[None], shifted(y_T, 1)[None])
    return bool(abs(np.nan_to_num(r[0, 0])) < max(0.3, 3 / sqrt(max(n[0, 0], 1.0))))
