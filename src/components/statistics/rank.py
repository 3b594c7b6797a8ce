"""Where a figure stands among those of worlds without skill."""

from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Rank:
    """A figure among N others that were made as it was, but without skill.

    p_value   (1 + worlds at least as good) / (1 + N): under the null the chance of a rank this good is at most this,
              for every N (Davison & Hinkley 1997, "Bootstrap Methods", 4.11; Phipson & Smyth 2010)
    rank      1 = better than all; a tie counts against the figure
    worlds    N
    low, high exact 95 % interval of the share of all worlds that are at least as good (Clopper & Pearson 1934,
              Biometrika 26:404): how sure N of them make it
    """

    p_value: float
    rank: int
    worlds: int
    low: float
    high: float


def rank_of(real: float, nulls: Sequence[float | None], *, better: int) -> Rank:
    """better: 1 where more is better, -1 where less is; None: a world that has no figure, which counts as a tie.

    Raises ValueError where there is no world, and where the real figure or one of the nulls is NaN.
    """
    if not nulls or any(value != value for value in (real, *(each for each in nulls if each is not None))):
        raise ValueError("a rank needs a real figure and one or more others, none of them NaN")
    above = sum(value is None or better * value >= better * real for value in nulls)
    low, high = exact_interval(above, len(nulls))
    return Rank(p_value=(1 + above) / (1 + len(nulls)), rank=1 + above, worlds=len(nulls), low=low, high=high)


def exact_interval(count: int, total: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Clopper-Pearson interval of a share of which `count` of `total` draws are known."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(count, total - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, total - count, 1 - tail)) if count < total else 1.0
    return low, high
