"""The picture of a feature set: rank IC by fold as a heat map, distributions as strips beside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from runner.judging.feature_figures import FeatureFacts
from runner.report import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_IN, TOP_IN, BOTTOM_IN = 0.21, 0.62, 0.78
REACH_STD = 4.0
"""Standard deviations on either side that a strip shows."""
FAINT = 0.05
"""Full colour stands for at least this much, lest nothing looks like something."""
MANY_FOLDS = 14
"""More folds than this are drawn without numbers in their cells."""

MANY_FEATURES = 40
"""More features than this have the numbers of the folds above them as well."""


def picture(facts: Sequence[FeatureFacts], strips_FB: npt.NDArray[np.float64], *, title: str, note: str) -> bytes:
    """PNG. strips_FB (F, B): how often values lie in each of B equal bins within REACH_STD of the mean."""
    with theme.styled():
        return theme.png(_drawn(facts, strips_FB, title, note))


def strip(values_N: npt.NDArray[np.floating[Any]], bins: int = 81) -> npt.NDArray[np.float64]:
    """(B,) share of the finite values in each bin of standardised values; zeros where they do not vary."""
    known = values_N[np.isfinite(values_N)].astype(np.float64)
    if len(known) < 2 or not known.std() > 0:
        return np.zeros(bins)
    z = (known - known.mean()) / known.std()
    counts, _ = np.histogram(z, bins=bins, range=(-REACH_STD, REACH_STD))
    return np.asarray(counts / len(known))


def _drawn(facts: Sequence[FeatureFacts], strips_FB: npt.NDArray[np.float64], title: str, note: str) -> "Figure":
    from matplotlib.figure import Figure

    height_in = TOP_IN + BOTTOM_IN + ROW_IN * len(facts)
    longest = max(len(fact.name) for fact in facts)
    left_in = min(3.0, 0.35 + 0.075 * longest)
    made = Figure(figsize=(theme.WIDTH_IN + 1.0, height_in))
    width_in = theme.WIDTH_IN + 1.0
    grid = made.add_gridspec(
        1, 2, width_ratios=[1.75, 1], wspace=0.06, left=left_in / width_in, right=1 - 0.25 / width_in,
        top=1 - TOP_IN / height_in, bottom=BOTTOM_IN / height_in,
    )  # fmt: skip
    heat, spread = made.add_subplot(grid[0]), made.add_subplot(grid[1])
    _heat_map(heat, facts)
    _strips(spread, facts, strips_FB)
    made.text(0.25 / width_in, 1 - 0.22 / height_in, title, fontsize=10.5, fontweight="bold", va="center")
    made.text(0.25 / width_in, 0.16 / height_in, note, fontsize=7.0, color=theme.MUTED, va="center")
    return made


def _heat_map(axis: "Axes", facts: Sequence[FeatureFacts]) -> None:
    ic_FK = np.array([[fact.ic, *fact.ic_by_fold] for fact in facts])
    n_folds = ic_FK.shape[1] - 1
    most = max(float(np.nanmax(np.abs(ic_FK))) if np.isfinite(ic_FK).any() else 0.0, FAINT)
    # A gap sets the column of all folds apart from those of single ones.
    edges = np.concatenate([[0.0, 1.0], np.arange(n_folds + 1) + 1.15])
    colours = np.column_stack([ic_FK[:, 0], np.full(len(facts), np.nan), ic_FK[:, 1:]])
    axis.pcolormesh(
        edges, np.arange(len(facts) + 1), np.ma.masked_invalid(colours), cmap="RdBu", vmin=-most, vmax=most,
        edgecolors="white", linewidth=0.6,
    )  # fmt: skip
    centres = np.concatenate([[0.5], np.arange(n_folds) + 1.65])
    digits = 2 if most >= 0.1 else 3
    if n_folds <= MANY_FOLDS:
        for (f, k), value in np.ndenumerate(ic_FK):
            shade = "white" if abs(value) > 0.62 * most else theme.INK
            text = f"{value:+.{digits}f}".replace("-", "−") if np.isfinite(value) else "–"
            axis.text(float(centres[k]), f + 0.5, text, ha="center", va="center", fontsize=6.5, color=shade)
    step = 1 + n_folds // 25
    shown = [0, *range(1, n_folds + 1, step)]
    axis.set_xticks(centres[shown], ["all", *(str(k) for k in shown[1:])])
    axis.set_yticks(np.arange(len(facts)) + 0.5, [_short(fact.name) for fact in facts])
    axis.set_ylim(len(facts), 0)
    axis.set_title("Rank IC with the target, training rows")
    axis.set_xlabel(f"all folds together, then fold by fold; full colour: ±{most:.{digits}f}")
    _bare(axis)
    axis.tick_params(axis="y", labelcolor=theme.INK)
    axis.tick_params(axis="x", labeltop=len(facts) > MANY_FEATURES)


def _strips(axis: "Axes", facts: Sequence[FeatureFacts], strips_FB: npt.NDArray[np.float64]) -> None:
    peak_F = strips_FB.max(axis=1, keepdims=True)
    edges = np.linspace(-REACH_STD, REACH_STD, strips_FB.shape[1] + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    height_FB = 0.8 * strips_FB / np.where(peak_F > 0, peak_F, 1.0)
    axis.axvline(0, color=theme.GRID, linewidth=0.8, zorder=0)
    for f, (fact, height_B) in enumerate(zip(facts, height_FB, strict=True)):
        floor = f + 0.92
        axis.fill_between(middles, floor, floor - height_B, color=theme.MODEL, alpha=0.55, linewidth=0, step="mid")
        if fact.std > 0:
            low, median, high = ((fact.quantiles[q] - fact.mean) / fact.std for q in (1, 3, 5))
            axis.plot([low, high], [floor, floor], color=theme.MODEL, linewidth=1.0)
            axis.plot([median], [floor], "o", color=theme.LOSS, markersize=2.2)
    axis.set_ylim(len(facts), 0)
    axis.set_xlim(-REACH_STD, REACH_STD)
    axis.set_yticks([])
    axis.set_title("Distribution")
    axis.set_xlabel("standard deviations from the mean")
    _bare(axis)


def _bare(axis: "Axes") -> None:
    axis.grid(visible=False)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(length=0)


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
