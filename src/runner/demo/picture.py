"""Which one is noise? Three equity curves, and what the product says of each."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.values import Float
from runner.report import theme

COLORS = {"rejected": theme.LOSS, "hallmarked": theme.RIVALS[1][0], "candidate": theme.RIVALS[0][0], "leak": theme.LOSS}


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One curve and its verdict. growth_T: of 1; sharpe: a year; level: a word; says: why, one sentence."""

    title: str
    growth_T: Float
    sharpe: float
    level: str
    says: str


def which_one(shown: Sequence[Judged]) -> bytes:
    """PNG: the curves side by side, each with its Sharpe ratio above and its verdict below."""
    with theme.styled():
        made, axes = theme.figure(3.1, columns=len(shown), left_in=0.45, bottom_in=1.02)
        made.subplots_adjust(top=0.76)
        made.text(0.012, 0.93, "Which one is noise?", fontsize=13, fontweight="bold", color=theme.INK)
        for axis, judged in zip(axes[0], shown, strict=True):
            color = COLORS.get(judged.level, theme.MODEL)
            axis.plot(np.linspace(0, 1, len(judged.growth_T)), judged.growth_T, color=theme.MODEL, linewidth=1.1)
            axis.set_title(f"{judged.title}\nSharpe ratio {judged.sharpe:.1f}")
            axis.set_xticks([])
            axis.text(0, -0.1, judged.level.upper(), transform=axis.transAxes, color=color, weight="bold", va="top")
            wrapped = textwrap.fill(judged.says, 42)
            axis.text(0, -0.25, wrapped, transform=axis.transAxes, color=theme.INK, fontsize=7.5, va="top")
        return theme.png(made)
