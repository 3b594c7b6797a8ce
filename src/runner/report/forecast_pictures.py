"""Pictures of forecasts against what came true."""

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.recording.run_folder import RunFolder
from runner.report import interval_pictures, notation, series, tables, theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW_SYMBOLS = 4
GROUPS = 5


def is_cross_section(test: "pd.DataFrame") -> bool:
    """Whether enough symbols share a date to be sorted into quintiles."""
    return len(test) > 0 and float(test.groupby("timestamp").size().median()) >= GROUPS


def through_time(run: RunFolder) -> "Figure | None":
    """Forecast and outcome of each symbol, one below the other, where the symbols are few."""
    test = run.test
    symbols = sorted(test["symbol"].unique())
    if not symbols or len(symbols) > FEW_SYMBOLS:
        return None
    draw = _probability_through_time if run.kind == "direction" else _level_through_time
    made, axes = theme.figure(1.0 + 1.9 * len(symbols), rows=len(symbols), sharex=True)
    for axis, symbol in zip(axes[:, 0], symbols, strict=True):
        rows = test[test["symbol"] == symbol]
        draw(axis, rows)
        _mark_folds(axis, rows)
        axis.set_title(str(symbol))
        theme.dates(axis)
    theme.legend(axes[0, 0])
    return made


def _level_through_time(axis: "Axes", rows: "pd.DataFrame") -> None:
    few = rows.iloc[theme.thin(len(rows))]
    interval_pictures.band(axis, few)
    _line(axis, few["timestamp"], few["target"], color=theme.OUTCOME, linewidth=0.8, label="outcome")
    _line(axis, few["timestamp"], few["forecast"], color=theme.MODEL, linewidth=1.0, label="forecast")
    axis.set_ylabel("target")


def _probability_through_time(axis: "Axes", rows: "pd.DataFrame") -> None:
    window = min(63, max(2, len(rows) // 4))
    share = series.rolling_mean(rows["target"].to_numpy(float), window)
    label = f"share that came true, last {window} rows"
    said = series.rolling_mean(rows["forecast"].to_numpy(float), window)
    few = rows.iloc[theme.thin(len(rows))]
    dots: dict[str, Any] = {"color": theme.MODEL, "alpha": 0.3, "markeredgewidth": 0}
    axis.plot(few["timestamp"], few["forecast"], ".", markersize=2.5, **dots)
    axis.plot([], [], "o", markersize=3.5, label="forecast", **dots)
    _line(axis, rows["timestamp"], share, color=theme.OUTCOME, linewidth=1.3, label=label)
    _line(axis, rows["timestamp"], said, color=theme.MODEL, linewidth=1.3, label="mean forecast")
    axis.axhline(0.5, color=theme.MUTED, linewidth=0.7)
    theme.percent(axis.yaxis)
    axis.set_ylabel("probability")


def _line(axis: "Axes", when: Any, values: Any, **style: Any) -> None:
    """A line that is interrupted where there are no rows for long, instead of bridging the hole."""
    when_N = np.asarray(when, dtype="datetime64[us]")
    values_N = np.array(values, dtype=float)
    step_N = np.diff(when_N).astype(float)
    if len(step_N):
        values_N[1:][step_N > 15 * np.median(step_N)] = np.nan
    axis.plot(when_N, values_N, **style)


def _mark_folds(axis: "Axes", rows: "pd.DataFrame") -> None:
    starts = rows.groupby("fold")["timestamp"].min()
    for start in starts.iloc[1:]:
        axis.axvline(start, color=theme.MUTED, linewidth=0.6, linestyle=(0, (1, 3)))


def calibration(run: RunFolder) -> "Figure | None":
    """Outcome by forecast: means of equally large bins beside the line of a perfect forecast."""
    test = run.test
    if len(test) < 20:
        return None
    forecast_N, outcome_N = test["forecast"].to_numpy(float), test["target"].to_numpy(float)
    overlap = int(run.manifest["target"]["horizon_bars"])
    bins, raw = _groups(test, "forecast", overlap), _before_calibration(test, overlap)
    made, axes = theme.figure(3.4, columns=2, bottom_in=0.5, gridspec_kw={"width_ratios": [1.25, 1]})
    left, right = axes[0]
    if run.kind == "direction":
        left.set_title("Reliability")
    else:
        left.set_title("Calibration")
        _cloud(left, forecast_N, outcome_N, bins)
    _diagonal(left, np.concatenate([each.forecast_B for each in (bins, *raw)]))
    left.locator_params(nbins=6)
    left.errorbar(
        bins.forecast_B, bins.outcome_B, yerr=2 * bins.error_B, fmt="o", markersize=4.5, color=theme.MODEL,
        ecolor=theme.MODEL, elinewidth=0.9, capsize=2, zorder=4,
        label="calibrated" if raw else "group mean ± 2 s.e.",
    )  # fmt: skip
    for each in raw:
        left.plot(
            each.forecast_B, each.outcome_B, "D", markersize=4.5, markerfacecolor="white",
            markeredgecolor=theme.MUTED, label="raw", zorder=3.5,
        )  # fmt: skip
    left.set_xlabel("forecast")
    left.set_ylabel("share that came true" if run.kind == "direction" else "outcome")
    theme.legend(left)
    _distributions(right, forecast_N, outcome_N, run.kind)
    return made


def _before_calibration(test: "pd.DataFrame", overlap: int) -> tuple[series.Bins, ...]:
    """The groups of the forecasts as the model made them; none where no calibration moved them."""
    return (_groups(test, "uncalibrated", overlap),) if "uncalibrated" in test else ()


def _groups(test: "pd.DataFrame", column: str, overlap: int) -> series.Bins:
    """Ten groups by a column of forecasts, fewer where many are equal; a handful of rows is no group."""
    bins = series.calibration(test[column].to_numpy(float), test["target"].to_numpy(float), n_bins=10, overlap=overlap)
    large_B = bins.count_B >= min(20, int(bins.count_B.max()))
    return series.Bins(
        forecast_B=bins.forecast_B[large_B],
        outcome_B=bins.outcome_B[large_B],
        error_B=bins.error_B[large_B],
        count_B=bins.count_B[large_B],
    )


def _cloud(axis: "Axes", forecast_N: Any, outcome_N: Any, bins: series.Bins) -> None:
    """The rows themselves, as far as they lie in a range in which the group means can be told apart."""
    few = theme.thin(len(forecast_N), 3000)
    axis.scatter(forecast_N[few], outcome_N[few], s=3, color=theme.OUTCOME, alpha=0.35, linewidths=0)
    ends = np.concatenate([bins.outcome_B - 2 * bins.error_B, bins.outcome_B + 2 * bins.error_B, bins.forecast_B])
    middle, reach = (ends.max() + ends.min()) / 2, 1.5 * np.ptp(ends)
    low, high = np.quantile(outcome_N, [0.002, 0.998])
    pad = 0.06 * (high - low) or 1.0
    axis.set_ylim(max(low - pad, middle - reach), min(high + pad, middle + reach))


def _diagonal(axis: "Axes", forecast_B: Any) -> None:
    low, high = float(forecast_B.min()), float(forecast_B.max())
    pad = 0.12 * (high - low) or 0.05
    ends = [low - pad, high + pad]
    axis.plot(ends, ends, color=theme.INK, linewidth=0.8, linestyle="--", label="perfect", zorder=3)
    axis.set_xlim(*ends)


def _distributions(axis: "Axes", forecast_N: Any, outcome_N: Any, kind: str) -> None:
    """How much a forecast dares to say: its spread beside that of the outcomes."""
    if kind == "direction":
        axis.set_title("Forecasts")
        axis.hist(forecast_N, bins=40, color=theme.MODEL, alpha=0.85)
        axis.axvline(outcome_N.mean(), color=theme.INK, linewidth=0.8, linestyle="--", label="share that came true")
        axis.set_xlabel("forecast")
    else:
        axis.set_title("Distribution")
        low, high = np.quantile(np.concatenate([forecast_N, outcome_N]), [0.002, 0.998])
        edges = np.linspace(low, high if high > low else low + 1.0, 41).tolist()
        axis.hist(outcome_N, bins=edges, color=theme.OUTCOME, alpha=0.6, label="outcome")
        axis.hist(forecast_N, bins=edges, histtype="step", color=theme.MODEL, linewidth=1.3, label="forecast")
        axis.set_xlabel("value")
    axis.set_ylabel("rows")
    axis.locator_params(axis="x", nbins=5)
    theme.thousands(axis.yaxis)
    theme.legend(axis)
    axis.grid(axis="x", visible=False)


def quintiles(run: RunFolder) -> "Figure | None":
    """Mean outcome by forecast quintile, and the rank correlation summed up through time."""
    test = run.test
    if not is_cross_section(test):
        return None
    date_N = test["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64)
    forecast_N, outcome_N = test["forecast"].to_numpy(float), test["target"].to_numpy(float)
    made, axes = theme.figure(3.2, columns=2, bottom_in=0.5)
    left, right = axes[0]
    means_DG = series.quantile_outcomes(date_N, forecast_N, outcome_N, n_groups=GROUPS)
    means_DG -= means_DG.mean(axis=1, keepdims=True)
    overlap = int(run.manifest["target"]["horizon_bars"])
    errors_G = means_DG.std(axis=0) / np.sqrt(max(len(means_DG) / overlap, 1.0))
    place_G = np.arange(1, GROUPS + 1)
    left.bar(place_G, means_DG.mean(axis=0), width=0.62, color=theme.MODEL, alpha=0.9)
    left.errorbar(
        place_G,
        means_DG.mean(axis=0),
        yerr=2 * errors_G,
        fmt="none",
        ecolor=theme.INK,
        elinewidth=0.9,
        capsize=3,
    )
    left.axhline(0.0, color=theme.INK, linewidth=0.7)
    left.set_title("Outcome by forecast quintile, ± 2 s.e.")
    left.set_xlabel("forecast quintile on its date (5 = highest)")
    left.set_ylabel("outcome less the date's mean")
    left.set_xlim(0.45, GROUPS + 0.55)
    left.grid(axis="x", visible=False)
    _cumulative_ic(right, *series.rank_correlations(date_N, forecast_N, outcome_N))
    return made


def _cumulative_ic(axis: "Axes", date_D: Any, ic_D: Any) -> None:
    axis.set_title("Rank IC, cumulative")
    when_D = date_D.astype("datetime64[us]")
    axis.plot(when_D, np.cumsum(ic_D), color=theme.MODEL)
    axis.axhline(0.0, color=theme.INK, linewidth=0.7)
    axis.set_ylabel("sum of rank correlations")
    theme.dates(axis)


def by_fold(run: RunFolder) -> "Figure | None":
    """The leading metric of each fold, for the model and every baseline."""
    name, scores = tables.fold_scores(run.metrics, run.kind, tables.gated(run.gates))
    folds = sorted({number for by_number in scores.values() for number in by_number})
    if len(folds) < 2:
        return None
    known = notation.describe(name)
    made, axes = theme.figure(2.7, bottom_in=0.45)
    axis = axes[0, 0]
    low, high = _readable_range(scores)
    rivals = [who for who in scores if who != "model"]
    styles = {"model": (theme.MODEL, "o"), **theme.rival_styles(rivals)}
    for position, who in enumerate(["model", *rivals]):
        color, marker = styles[who]
        shift = 0.16 * (position - (len(scores) - 1) / 2)
        x = np.array([folds.index(number) for number in scores[who]]) + shift
        y = np.array(list(scores[who].values()))
        axis.plot(x, y.clip(low, high), marker, color=color, markersize=7 if who == "model" else 5, label=who)
        for outside in np.flatnonzero((y < low) | (y > high)):
            text = notation.write(y[outside], known.style).replace("-", "\u2212")
            above = y[outside] < low
            axis.annotate(
                text, (x[outside], y[outside].clip(low, high)), xytext=(0, 7 if above else -7), color=color,
                textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=7,
            )  # fmt: skip
    pad = 0.08 * (high - low)
    axis.set_ylim(low - pad, high + pad)
    if low <= 0 <= high:
        axis.axhline(0.0, color=theme.INK, linewidth=0.8)
    starts = {fold["number"]: notation.date(fold["test"][0][0]) for fold in run.manifest["folds"]}
    axis.set_xticks(range(len(folds)), [_fold_label(n, starts.get(n, ""), len(folds)) for n in folds])
    axis.set_xlim(-0.6, len(folds) - 0.4)
    axis.grid(axis="x", visible=False)
    axis.set_title(f"{known.label} by fold")
    theme.legend(axis, columns=6)
    return made


def _fold_label(number: int, start: str, count: int) -> str:
    return f"{number}\n{start[:7]}" if count <= 14 else str(number)


def _readable_range(scores: dict[str, dict[int, float]]) -> tuple[float, float]:
    """Covers the model and whatever of the baselines lies near; the rest is drawn at the edge, labelled."""
    model = np.array(list(scores["model"].values()) or [0.0])
    everyone = np.array([value for by_number in scores.values() for value in by_number.values()])
    reach = 1.5 * max(float(np.ptp(model)), abs(float(np.median(model))), 1e-9)
    low = max(float(everyone.min()), float(model.min()) - reach)
    high = min(float(everyone.max()), float(model.max()) + reach)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
