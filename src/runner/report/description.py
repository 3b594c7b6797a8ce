"""A run in data: what its manifest and tables say, for whoever reads the run folder later."""

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from components.expressions import reach, to_text
from components.panel import Panel
from components.values import Interval, LeakReport
from runner.composition.composed import Composed
from runner.compute.decisions import Decided
from runner.compute.forecast import Forecasts
from runner.compute.pipeline import Executed, Prepared
from runner.compute.purge import purged
from runner.compute.stage import Cache
from runner.compute.target import target_text
from runner.report.tables import costs
from runner.specification.experiment import Experiment
from runner.storage.formats import FILES, Files, json_bytes, parquet_bytes

if TYPE_CHECKING:
    import pandas as pd


def settings_text(config: Mapping[str, Any], known: MutableMapping[str, str] | None = None) -> str:
    """The resolved configuration as YAML. known: texts of sections that were written before, which is added to."""
    if known is None:
        return _yaml(config)
    parts = [(repr((name, section)), {name: section}) for name, section in config.items()]
    written = {said: known[said] if said in known else _yaml(part) for said, part in parts}
    known.clear()
    known.update(written)
    return "".join(written[said] for said, _ in parts)


def _yaml(config: Mapping[str, Any]) -> str:
    # libyaml's writer, where there is one, gives the same text in a tenth of the time.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(dict(config), Dumper=dumper, sort_keys=False, allow_unicode=True, width=110))


def description(experiment: Experiment, composed: Composed, prepared: Prepared) -> dict[str, Any]:
    """The manifest's part that is known before the fit."""
    facts = experiment.data.facts()
    panel = prepared.panel
    return {
        "seed": experiment.seed,
        "data": {
            "identity": facts.identity,
            "description": facts.description,
            "survivorship": facts.survivorship,
            "adjustment": facts.adjustment,
            "fingerprint": panel.fingerprint,
            "n_symbols": len(panel.symbols),
            "n_rows": panel.n_rows,
            "first": day(panel.dates_T[0]),
            "last": day(panel.dates_T[-1]),
            "vault_start": None if prepared.vault_begins is None else day(prepared.vault_begins),
        },
        "provenance": "fitted" if experiment.claims is None else "claimed",
        "quality": [asdict(finding) for finding in prepared.findings],
        "target": {
            "expression": target_text(prepared.targets),
            "kind": experiment.target.kind,
            "says": experiment.target.in_words(),
            "horizon_bars": prepared.labels.horizon_bars,
        },
        "interval_coverage": experiment.calibration.interval_coverage(),
        "features": {
            name: {"expression": to_text(node), "lookback_bars": reach(node).lookback_bars}
            for name, node in prepared.columns.items()
        },
        "folds": _folds(experiment, prepared),
        "choices": dict(composed.choices),
        "overrides": list(composed.overrides),
        "tracking": list(experiment.tracking.places()),
        "local_files": list(composed.local_files),
        "notices": [*composed.notices, *panel.notices],
        "trial": {"key": None, "number": None, "family_trials": 0, "counted": False},
        "ledger_head": None,
        "bundle": None,
    }


def _folds(experiment: Experiment, prepared: Prepared) -> list[dict[str, Any]]:
    folds = []
    for fold in prepared.folds:
        purged_train, purged_valid = purged(fold, experiment.preprocess, prepared.table, prepared.panel)
        folds.append(
            {
                "number": fold.number,
                "train": _days(fold.span.train),
                "valid": _days(fold.span.valid),
                "test": _days(fold.span.test),
                "paths": list(fold.span.paths),
                "test_symbols": fold.span.test_symbols and list(fold.span.test_symbols),
                "n_train": len(fold.train_rows),
                "n_valid": len(fold.valid_rows),
                "n_test": len(fold.test_rows),
                "purged_train": purged_train,
                "purged_valid": purged_valid,
            }
        )
    return folds


def _days(intervals: tuple[Interval, ...]) -> list[list[str]]:
    return [[day(begin), day(end)] for begin, end in intervals]


def day(time: np.datetime64) -> str:
    """ISO date, with the time of day only where there is one."""
    text = str(time.astype("datetime64[s]"))
    return text.removesuffix("T00:00:00")


def leaks(report: LeakReport) -> dict[str, Any]:
    """Content of leaks.json."""
    return asdict(report)


def tables(prepared: Prepared, executed: Executed, cache: Cache) -> Files:
    """The files of the run folder that hold forecasts, weights, trades and equity, what each fold learnt, and what
    became of the gross profit."""
    inputs = {"prepared": prepared.as_input(), "executed": executed.as_input()}
    return cache.stage(run_tables, inputs=inputs, form=FILES, shown="tables").value


def run_tables(prepared: Prepared, executed: Executed) -> Files:
    """name -> content, see `tables`."""
    numbers = [fold.number for fold in prepared.folds]
    learnt = {f"fold_{number}": executed.walked.fold(number).learnt for number in numbers}
    calibrated = dict(zip(learnt, executed.forecasts.calibrations, strict=True))
    portfolios = {fold: settings for each in executed.every_decision for fold, settings in each.portfolios.items()}
    frames = {
        "forecasts": forecast_frame(prepared, executed),
        "weights": weight_frame(prepared, executed),
        "trades": executed.backtest.trades,
        "equity": equity_frame(executed),
    }
    if any(each.relaxed for each in executed.every_decision):
        frames["constraints"] = relaxed_frame(executed)
    return {
        **{f"{name}.parquet": parquet_bytes(frame) for name, frame in frames.items()},
        "preprocess.json": json_bytes(learnt),
        "calibration.json": json_bytes(calibrated),
        "portfolio.json": json_bytes({f"fold_{fold}": settings for fold, settings in portfolios.items()}),
        "costs.json": json_bytes(costs(frames["equity"], frames["trades"])),
    }


def forecast_frame(prepared: Prepared, executed: Executed) -> "pd.DataFrame":
    """fold, span, timestamp, symbol, forecast, target, label_end and one column a baseline; uncalibrated, where a
    calibration moved the forecasts, and lower, upper where it makes intervals (NaN in validation spans)."""
    import pandas as pd

    forecasts, panel = executed.forecasts, prepared.panel
    rows = forecasts.row_M
    columns = {
        "fold": forecasts.fold_M,
        "span": np.where(forecasts.is_test_M, "test", "valid"),
        "timestamp": panel.timestamps_R[rows],
        "symbol": _names(panel)[panel.symbol_codes_R[rows]],
        "forecast": forecasts.forecast_M,
        "target": prepared.labels.y_R[rows],
        "label_end": prepared.labels.label_end_R[rows],
    }
    further = _further_outputs(forecasts)
    rivals = {f"baseline/{name}": rival.forecast_M for name, rival in executed.baselines.items()}
    return pd.DataFrame(columns | _calibration(forecasts) | further | rivals)


def _calibration(forecasts: Forecasts) -> dict[str, Any]:
    moved = not np.array_equal(forecasts.uncalibrated_M, forecasts.forecast_M)
    raw = {"uncalibrated": forecasts.uncalibrated_M} if moved else {}
    band = {} if forecasts.lower_M is None else {"lower": forecasts.lower_M, "upper": forecasts.upper_M}
    return raw | band


def _further_outputs(forecasts: Forecasts) -> dict[str, Any]:
    """Every output but the one that is decided on, and the ends of its interval, which have columns of their own."""
    shown = {forecasts.outputs.decision, *(forecasts.outputs.interval or ())[:2]}
    return {
        f"output/{output.name}": forecasts.values_MO[:, place]
        for place, output in enumerate(forecasts.outputs.columns)
        if place not in shown
    }


def relaxed_frame(executed: Executed) -> "pd.DataFrame":
    """path, timestamp, constraint, asked, reached: one line per constraint that could not be met at a decision."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"path": each.path, "timestamp": each.decided_D[d], **asdict(relaxed)}
            for each in executed.every_decision
            for d, relaxed in each.relaxed
        ]
    )


def constraints(decided: Decided) -> dict[str, Any]:
    """How often each constraint could not be met, and what was reached furthest from it."""
    found: dict[str, dict[str, Any]] = {}
    for _, each in decided.relaxed:
        known = found.setdefault(each.constraint, {"decisions": 0, "asked": each.asked, "furthest": each.reached})
        known["decisions"] += 1
        known["furthest"] = max(known["furthest"], each.reached, key=lambda reached: abs(reached - known["asked"]))
    return {"decisions": len(decided.decided_D), "relaxed": found}


def weight_frame(prepared: Prepared, executed: Executed) -> "pd.DataFrame":
    """timestamp, symbol, weight: one line per decision time and symbol."""
    import pandas as pd

    panel, n_symbols = prepared.panel, len(prepared.panel.symbols)
    return pd.DataFrame(
        {
            "timestamp": np.repeat(executed.decided_D, n_symbols),
            "symbol": np.tile(_names(panel), len(executed.decided_D)),
            "weight": executed.weights_DS.ravel(),
        }
    )


def equity_frame(executed: Executed) -> "pd.DataFrame":
    """The portfolio's equity and costs, with the benchmark's beside it."""
    benchmark = executed.benchmark.equity
    return executed.backtest.equity.assign(
        benchmark_return=benchmark["return"].to_numpy(), benchmark_equity=benchmark["equity"].to_numpy()
    )


def _names(panel: Panel) -> np.ndarray[Any, np.dtype[np.object_]]:
    return np.array(panel.symbols, dtype=object)
