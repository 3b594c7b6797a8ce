"""How the results of stages are written down in the store: arrays, tables and JSON, no pickle."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from components.panel import Panel
from components.values import BacktestResult, Finding, Fold, Interval, LeakFinding, LeakReport, Relaxed, Span
from runner.compute.bars import Inspected
from runner.compute.decisions import Decided
from runner.compute.target import Labels
from runner.storage.formats import ARRAYS, FRAME, Files

PARTS = ("train", "valid", "test")
ROWS = ("train_rows", "valid_rows", "test_rows", "test_path_N")


def _prefixed(prefix: str, files: Files) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


def _under(prefix: str, files: Files) -> dict[str, bytes]:
    return {name.removeprefix(f"{prefix}/"): data for name, data in files.items() if name.startswith(f"{prefix}/")}


class _InspectedForm:
    """Times and fields as arrays; names and findings as JSON."""

    def encode(self, value: Inspected) -> Files:
        panel = value.panel
        columns = {f"field_{i}": values_R for i, values_R in enumerate(panel.fields.values())}
        facts = {
            "symbols": panel.symbols,
            "fields": list(panel.fields),
            "notices": panel.notices,
            "findings": [asdict(finding) for finding in value.findings],
            "vault_begins": None if value.vault_begins is None else str(value.vault_begins),
        }
        arrays = {"offsets": panel.offsets, "timestamps_R": panel.timestamps_R, **columns}
        return {**ARRAYS.encode(arrays), "facts.json": json.dumps(facts).encode()}

    def decode(self, files: Files) -> Inspected:
        arrays, facts = ARRAYS.decode(files), json.loads(files["facts.json"])
        panel = Panel(
            symbols=tuple(facts["symbols"]),
            offsets=arrays["offsets"],
            timestamps_R=arrays["timestamps_R"],
            fields={name: arrays[f"field_{i}"] for i, name in enumerate(facts["fields"])},
            notices=tuple(facts["notices"]),
        )
        begins = facts["vault_begins"]
        return Inspected(
            panel=panel,
            findings=tuple(Finding(**finding) for finding in facts["findings"]),
            vault_begins=None if begins is None else np.datetime64(begins, "us"),
        )


class _LabelForm:
    def encode(self, value: Labels) -> Files:
        arrays = {"y_RK": value.y_RK, "label_end_RK": value.label_end_RK}
        return {**ARRAYS.encode(arrays), "horizons.json": json.dumps(list(value.horizons.items())).encode()}

    def decode(self, files: Files) -> Labels:
        return Labels(**ARRAYS.decode(files), horizons=dict(json.loads(files["horizons.json"])))


class _FoldsForm:
    """Rows as arrays; spans as JSON."""

    def encode(self, value: tuple[Fold, ...]) -> Files:
        rows = {f"{fold.number}_{name}": getattr(fold, name) for fold in value for name in ROWS}
        spans = [{"number": fold.number, **_span_json(fold.span)} for fold in value]
        return {**ARRAYS.encode(rows), "spans.json": json.dumps(spans).encode()}

    def decode(self, files: Files) -> tuple[Fold, ...]:
        arrays = ARRAYS.decode(files)
        return tuple(
            Fold(
                number=content["number"],
                span=_span(content),
                **{name: arrays[f"{content['number']}_{name}"] for name in ROWS},
            )
            for content in json.loads(files["spans.json"])
        )


def _span_json(span: Span) -> dict[str, Any]:
    times = {part: [[str(time) for time in interval] for interval in getattr(span, part)] for part in PARTS}
    return {**times, "paths": span.paths, "train_symbols": span.train_symbols, "test_symbols": span.test_symbols}


def _span(content: dict[str, Any]) -> Span:
    def intervals(part: str) -> tuple[Interval, ...]:
        return tuple((np.datetime64(begin, "us"), np.datetime64(end, "us")) for begin, end in content[part])

    def symbols(part: str) -> tuple[str, ...] | None:
        names = content[f"{part}_symbols"]
        return None if names is None else tuple(names)

    return Span(
        train=intervals("train"),
        valid=intervals("valid"),
        test=intervals("test"),
        paths=tuple(content["paths"]),
        train_symbols=symbols("train"),
        test_symbols=symbols("test"),
    )


class _DecidedForm:
    """Times, folds and weights as arrays; the rest as JSON."""

    def encode(self, value: Decided) -> Files:
        arrays = {name: getattr(value, name) for name in ("decided_D", "fold_D", "weights_DS")}
        facts = {
            "path": value.path,
            "portfolios": list(value.portfolios.items()),
            "relaxed": [[d, asdict(each)] for d, each in value.relaxed],
        }
        return {**_prefixed("arrays", ARRAYS.encode(arrays)), "facts.json": json.dumps(facts).encode()}

    def decode(self, files: Files) -> Decided:
        facts = json.loads(files["facts.json"])
        return Decided(
            **ARRAYS.decode(_under("arrays", files)),
            path=facts["path"],
            portfolios=dict(facts["portfolios"]),
            relaxed=tuple((d, Relaxed(**each)) for d, each in facts["relaxed"]),
        )


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
        return LeakReport(
            tests=tuple(content["tests"]),
            findings=findings,
            seen=tuple(content["seen"]),
            whole=content["whole"],
        )


INSPECTED = _InspectedForm()
LABELS = _LabelForm()
FOLDS = _FoldsForm()
DECIDED = _DecidedForm()
BACKTEST = _BacktestForm()
LEAKS = _LeakForm()
