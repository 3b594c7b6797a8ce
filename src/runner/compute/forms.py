"""How the results of stages are written down in the store: arrays, tables and model files, no pickle."""

import json
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from components.values import BacktestResult, LeakFinding, LeakReport
from runner.compute.forecast import Forecasts
from runner.compute.target import Labels
from runner.storage.formats import ARRAYS, FRAME, Files

FITTED = ("preprocessors", "models")
ADDED_LATER = ("raw_M", "lower_M", "upper_M", "coverage", "calibrations")
"""What calibration adds to stored forecasts: cheap enough to be made again each time."""


def _prefixed(prefix: str, files: Files) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


def _under(prefix: str, files: Files) -> dict[str, bytes]:
    return {name.removeprefix(f"{prefix}/"): data for name, data in files.items() if name.startswith(f"{prefix}/")}


class _LabelFormat:
    def encode(self, value: Labels) -> Files:
        return ARRAYS.encode(
            {
                "y_R": value.y_R,
                "label_end_R": value.label_end_R,
                "horizon_bars": np.array(value.horizon_bars),
            }
        )

    def decode(self, files: Files) -> Labels:
        arrays = ARRAYS.decode(files)
        return Labels(
            y_R=arrays["y_R"],
            label_end_R=arrays["label_end_R"],
            horizon_bars=int(arrays["horizon_bars"]),
        )


class _ForecastFormat:
    def encode(self, value: Forecasts) -> Files:
        arrays: dict[str, Any] = {
            field.name: getattr(value, field.name)
            for field in fields(Forecasts)
            if field.name not in (*FITTED, *ADDED_LATER)
        }
        files = dict(ARRAYS.encode(arrays))
        for number, (model, state) in enumerate(zip(value.models, value.preprocessors, strict=True), start=1):
            files |= _prefixed(f"fold_{number}", model)
            # Unsorted, so that a bundle's bytes do not tell whether its fit came from the store.
            files[f"preprocess_{number}.json"] = json.dumps(state, allow_nan=False).encode()
        return files

    def decode(self, files: Files) -> Forecasts:
        arrays: dict[str, Any] = dict(ARRAYS.decode(files))
        folds = range(1, len(arrays["train_mean_K"]) + 1)
        return Forecasts(
            **arrays,
            preprocessors=tuple(json.loads(files[f"preprocess_{number}.json"]) for number in folds),
            models=tuple(_under(f"fold_{number}", files) for number in folds),
        )


class _BacktestFormat:
    def encode(self, value: BacktestResult) -> Files:
        return {
            **_prefixed("equity", FRAME.encode(value.equity)),
            **_prefixed("trades", FRAME.encode(value.trades)),
            **_prefixed("holdings", ARRAYS.encode({"holdings_TS": value.holdings_TS})),
        }

    def decode(self, files: Files) -> BacktestResult:
        return BacktestResult(
            equity=FRAME.decode(_under("equity", files)),
            trades=FRAME.decode(_under("trades", files)),
            holdings_TS=ARRAYS.decode(_under("holdings", files))["holdings_TS"],
        )


class _LeakFormat:
    def encode(self, value: LeakReport) -> Files:
        return {"leaks.json": json.dumps(asdict(value)).encode()}

    def decode(self, files: Files) -> LeakReport:
        content = json.loads(files["leaks.json"])
        findings = tuple(LeakFinding(**finding) for finding in content["findings"])
        return LeakReport(tests=tuple(content["tests"]), findings=findings)


LABELS = _LabelFormat()
FORECASTS = _ForecastFormat()
BACKTEST = _BacktestFormat()
LEAKS = _LeakFormat()
