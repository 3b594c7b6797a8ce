"""Pictures of what trading the forecasts would have earned, and of how the history was divided."""

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.recording.run_folder import RunFolder
from runner.report import notation, series, tables, theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def equity(run: RunFolder) -> "Figure | None":
    """Growth of 1 beside the benchmark, the drawdowns of both, and the exposure."""
    frame = run.equity
    if len(frame) < 2:
        return None
    few = theme.thin(len(frame))
    when_T = frame["timestamp"].to_numpy()[few]
    lines = {"portfolio": (frame["equity"].to_numpy(float), theme.MODEL)}
    if "benchmark_equity" in frame:
        lines = {"benchmark": (frame["benchmark_equity"].to_numpy(float), theme.OUTCOME), **lines}
    made, axes = theme.figure(5.2, rows=3, sharex=True, gridspec_kw={"height_ratios": [2.6, 1.1, 1.0]})
    top, middle, bottom = axes[:, 0]
    for label, (equity_T, color) in lines.items():
        top.plot(when_T, (equity_T / equity_T[0])[few], color=color, linewidth=1.3, label=label)
        middle.plot(when_T, series.drawdown(equity_T)[few], color=color, linewidth=0.9)
    middle.fill_between(when_T, series.drawdown(lines["portfolio"][0])[few], color=theme.MODEL, alpha=0.15, linewidth=0)
    _log_scale(top, [equity_T / equity_T[0] for equity_T, _ in lines.values()])
    theme.legend(top)
    middle.set_title("Drawdown")
    theme.percent(middle.yaxis)
    _exposure(bottom, frame, few)
    theme.dates(bottom)
    made.align_ylabels(axes[:, 0])
    return made


def _log_scale(axis: "Axes", growths: list[Any]) -> None:
    low, high = min(g.min() for g in growths), max(g.max() for g in growths)
    axis.set_title("Growth of 1, after costs")
    if low <= 0 or high / low < 1.3:
        return
    axis.set_yscale("log")
    axis.set_title("Growth of 1, after costs (log scale)")
    axis.set_ylim(low / 1.04, high * 1.04)
    ticks = theme.log_ticks(low, high)
    axis.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axis.set_yticks([], minor=True)


def _exposure(axis: "Axes", frame: "pd.DataFrame", few: slice) -> None:
    """Averaged over some bars: a portfolio that switches daily would fill the plot with ink."""
    window = max(1, len(frame) // 140)
    gross_T, net_T = (series.rolling_mean(frame[name].to_numpy(float), window)[few] for name in ("gross", "net"))
    when_T = frame["timestamp"].to_numpy()[few]
    averaged = "" if window == 1 else f", mean of {window} bars"
    axis.set_title(f"Exposure, fraction of equity{averaged}")
    axis.fill_between(when_T, gross_T, color=theme.OUTCOME, alpha=0.45, linewidth=0, label="gross")
    axis.plot(when_T, net_T, color=theme.MODEL, linewidth=0.9, label="net")
    axis.axhline(0.0, color=theme.INK, linewidth=0.6)
    theme.percent(axis.yaxis)
    theme.legend(axis)


def costs(run: RunFolder) -> "Figure | None":
    """From gross to net profit, and each cost summed up through time; shares of the starting equity."""
    frame = run.equity
    if len(frame) < 2:
        return None
    start = float(frame["equity"].iloc[0])
    visible = 0.0005 * start  # less is written as 0.0 %
    columns = [str(name) for name in frame if str(name).startswith("cost_")]
    names = [name for name in columns if abs(frame[name].sum()) >= visible]
    if not names:
        return None
    made, axes = theme.figure(2.7, columns=2, left_in=1.15)
    left, right = axes[0]
    gross, *parts, net = tables.profit_parts(frame)
    shown = [gross, *(part for part in parts if abs(part[1]) >= visible), net]
    _waterfall(left, [(label, amount / start) for label, amount in shown])
    few = theme.thin(len(frame), 1500)
    stacked = [np.cumsum(frame[name].to_numpy(float))[few] / start for name in names]
    labels = [name.removeprefix("cost_").replace("_", " ") for name in names]
    right.stackplot(frame["timestamp"].to_numpy()[few], *stacked, labels=labels, colors=theme.COSTS, linewidth=0)
    right.set_title("Costs, cumulative")
    theme.percent(right.yaxis, 1)
    right.legend(loc="upper left")
    theme.dates(right)
    return made


def _waterfall(axis: "Axes", parts: list[tuple[str, float]]) -> None:
    """Bars that begin where the one before ended; the first and the last begin at zero."""
    steps = [amount for _, amount in parts[:-1]]
    ends = np.cumsum(steps)
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])
    lengths = np.array([*steps, parts[-1][1]])
    colors = [
        theme.OUTCOME,
        *(theme.LOSS if step < 0 else theme.RIVALS[1][0] for step in steps[1:]),
        theme.MODEL,
    ]
    place = np.arange(len(parts))
    axis.barh(place, lengths, left=starts, color=colors, height=0.62)
    span = np.ptp(np.concatenate([starts, starts + lengths])) or 1.0
    for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        edge = max(start, start + length)
        sign = "\u2212" if length < 0 else "+"
        text = sign + notation.write(abs(length), "percent")
        axis.text(edge + 0.02 * span, row, text, va="center", fontsize=7.5)
    axis.set_yticks(place, [label for label, _ in parts])
    axis.invert_yaxis()
    axis.axvline(0.0, color=theme.INK, linewidth=0.7)
    low, high = axis.get_xlim()
    axis.set_xlim(low, high + 0.16 * (high - low))
    theme.percent(axis.xaxis)
    axis.grid(axis="y", visible=False)
    axis.set_title("From gross to net, of starting equity")


SPANS = (("train", "#c9d6e4"), ("valid", "#e3b45c"), ("test", theme.MODEL))


def splits(run: RunFolder) -> "Figure | None":
    """One line per fold: train, validation and test spans; the vault that nothing here has seen."""
    folds = run.manifest["folds"]
    if not folds:
        return None
    from matplotlib.dates import date2num

    made, axes = theme.figure(0.75 + min(0.2 * len(folds) + 0.3, 4.5))
    axis = axes[0, 0]
    for span, color in SPANS:
        parts = [(row, *interval) for row, fold in enumerate(folds) for interval in fold[span]]
        rows, starts, ends = zip(*parts, strict=True)
        starts, ends = (date2num(np.array(times, dtype="datetime64[s]")) for times in (starts, ends))
        label = "validation" if span == "valid" else span
        axis.barh(rows, ends - starts, left=starts, height=0.66, color=color, label=label, linewidth=0)
    axis.xaxis_date()
    _vault(axis, run.manifest["data"])
    axis.invert_yaxis()
    every = 1 if len(folds) <= 20 else len(folds) // 10
    axis.set_yticks(range(0, len(folds), every), [str(fold["number"]) for fold in folds[::every]])
    axis.set_ylabel("fold")
    axis.grid(axis="y", visible=False)
    axis.set_title("How the history was divided")
    theme.dates(axis)
    theme.legend(axis, columns=5)
    return made


def _vault(axis: "Axes", data: dict[str, Any]) -> None:
    """A hatched band from the vault's start; where the run saw no bar of it, a narrow one."""
    from matplotlib.dates import date2num

    if data["vault_start"] is None:
        return
    low, high = axis.get_xlim()
    begin, last = (float(date2num(np.datetime64(data[name]))) for name in ("vault_start", "last"))
    end = max(last, begin + 0.05 * (high - low))
    label = f"vault, from {notation.date(data['vault_start'])}"
    axis.axvspan(begin, end, facecolor="#eef0f3", edgecolor="#aab2bb", hatch="////", linewidth=0, label=label)
