"""Pictures of the intervals around forecasts: where they lie, and whether they hold what they promise."""

from typing import TYPE_CHECKING

import numpy as np

from runner.recording.run_folder import RunFolder
from runner.report import theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def band(axis: "Axes", rows: "pd.DataFrame") -> None:
    """The intervals as a shaded band; nothing where there are none."""
    if "lower" in rows:
        ends = (rows["lower"].to_numpy(float), rows["upper"].to_numpy(float))
        axis.fill_between(rows["timestamp"], *ends, color=theme.MODEL, alpha=0.25, linewidth=0, label="interval")


def coverage_by_fold(run: RunFolder) -> "Figure | None":
    """Share of outcomes within their interval beside the share promised, and the mean width, per fold."""
    promised = run.manifest.get("interval_coverage")
    if promised is None or "lower" not in run.test:
        return None
    by_fold = run.test.assign(
        inside=run.test["target"].between(run.test["lower"], run.test["upper"]),
        width=run.test["upper"] - run.test["lower"],
    ).groupby("fold")
    share_K, count_K = by_fold["inside"].mean().to_numpy(float), by_fold.size().to_numpy(float)
    independent_K = np.maximum(count_K / int(run.manifest["target"]["horizon_bars"]), 1.0)
    folds = [str(number) for number in by_fold.groups]
    made, axes = theme.figure(2.7, columns=2, bottom_in=0.45, gridspec_kw={"width_ratios": [1.5, 1]})
    left, right = axes[0]
    left.axhline(promised, color=theme.INK, linewidth=0.8, linestyle="--", label=f"promised {promised:.0%}")
    error_K = 2 * np.sqrt(promised * (1 - promised) / independent_K)
    left.errorbar(
        folds, share_K, yerr=np.minimum(error_K, [share_K, 1 - share_K]), fmt="o", markersize=5,
        color=theme.MODEL, elinewidth=0.9, capsize=2, label="measured ± 2 s.e.",
    )  # fmt: skip
    left.set_xlim(-0.6, len(folds) - 0.4)
    left.set_title("Coverage")
    theme.percent(left.yaxis, digits=None)
    theme.legend(left)
    right.bar(folds, by_fold["width"].mean(), width=0.62, color=theme.MODEL, alpha=0.85)
    right.set_title("Mean width")
    for axis, what in ((left, "share of outcomes"), (right, "target")):
        axis.set_xlabel("fold")
        axis.set_ylabel(what)
        axis.grid(axis="x", visible=False)
    return made
