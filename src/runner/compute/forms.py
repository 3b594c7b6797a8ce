"""How the results of stages are written down in the store: arrays, tables and JSON, no pickle."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from components.values import BacktestResult, Fold, LeakFinding, LeakReport, Span
from runner.compute.decisions import Decided
from runner.compute.target import Labels
from runner.storage.formats import ARRAYS, FRAME, Files

PARTS = ("train", "valid", "test")


def _prefixed(prefix: str, files: Files) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


def _under(prefix: str, files: Files) -> dict[str, bytes]:
    return {name.removeprefix(f"{prefix}/"): data for name, data in files.items() if name.startswith(f"{prefix}/")}


class _LabelForm:
    def encode(self, value: Labels) -> Files:
        arrays = {"y_RK": value.y_RK, "label_end_RK": value.label_end_RK}
        return {**ARRAYS.encode(arrays), "horizons.json": json.dumps(list(value.horizons.items())).encode()}

    def decode(self, files: Files) -> Labels:
        return Labels(**ARRAYS.decode(files), horizons=dict(json.loads(files["horizons.json"])))


class _FoldsForm:
    def encode(self, value: tuple[Fold, ...]) -> Files:
        arrays: dict[str, Any] = {}
        for fold in value:
            for part in PARTS:
                arrays[f"{fold.number}_{part}_rows"] = getattr(fold, f"{part}_rows")
                arrays[f"{fold.number}_{part}_span"] = np.array(getattr(fold.span, part), dtype="datetime64[us]")
        return ARRAYS.encode(arrays)

    def decode(self, files: Files) -> tuple[Fold, ...]:
        arrays = ARRAYS.decode(files)
        numbers = sorted({int(name.partition("_")[0]) for name in arrays})
        return tuple(
            Fold(
                number=number,
                span=Span(**{part: tuple(arrays[f"{number}_{part}_span"]) for part in PARTS}),
                **{f"{part}_rows": arrays[f"{number}_{part}_rows"] for part in PARTS},
            )
            for number in numbers
        )


class _DecidedForm:
    def encode(self, value: Decided) -> Files:
        return ARRAYS.encode({"decided_D": value.decided_D, "weights_DS": value.weights_DS})

    def decode(self, files: Files) -> Decided:
        return Decided(**ARRAYS.decode(files))


class _BacktestForm:
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


class _LeakForm:
    def encode(self, value: LeakReport) -> Files:
        return {"leaks.json": json.dumps(asdict(value)).encode()}

    def decode(self, files: Files) -> LeakReport:
        content = json.loads(files["leaks.json"])
        findings = tuple(LeakFinding(**finding) for finding in content["findings"])
        return LeakReport(tests=tuple(content["tests"]), findings=findings)


LABELS = _LabelForm()
FOLDS = _FoldsForm()
DECIDED = _DecidedForm()
BACKTEST = _BacktestForm()
LEAKS = _LeakForm()
