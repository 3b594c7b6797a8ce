"""How evidence and verdicts are written down in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from components.values import Evidence, Output, Outputs, Scored
from runner.judging.verdict import Verdict
from runner.storage.formats import ARRAYS, JSON, Files

SPANS = ("valid", "test")
SERIES = ("returns_T", "benchmark_T", "stamps_T", "market_T")
FACTS = ("metrics", "words", "horizon_bars", "kind", "bars_per_year", "seed", "has_portfolio")
COLUMNS = ("timestamps_M", "symbols_M", "fold_M", "forecast_M", "target_M", "train_mean_M")
COLUMNS_AT_TIMES = ("lower_M", "upper_M", "values_MO", "targets_MK")


class _EvidenceForm:
    """What every run finds out; what is found out on demand is no part of it. Arrays as such, the rest as JSON."""

    def encode(self, value: Evidence) -> Files:
        arrays = {name: getattr(value, name) for name in SERIES}
        facts: dict[str, Any] = {name: getattr(value, name) for name in FACTS}
        facts |= {"metrics": dict(value.metrics), "words": dict(value.words)}
        for span in SPANS:
            scored: Scored = getattr(value, span)
            arrays |= {f"{span}.{name}": values for name, values in _columns(scored).items()}
            facts[span] = _facts(scored)
        return {**ARRAYS.encode(arrays), "facts.json": json.dumps(facts).encode()}

    def decode(self, files: Files) -> Evidence:
        arrays, facts = ARRAYS.decode(files), json.loads(files["facts.json"])
        spans = {span: _scored(span, arrays, facts[span]) for span in SPANS}
        known: dict[str, Any] = {name: arrays[name] for name in SERIES} | {name: facts[name] for name in FACTS} | spans
        return Evidence(**known)


def _columns(scored: Scored) -> dict[str, Any]:
    found = {name: getattr(scored, name) for name in (*COLUMNS, *COLUMNS_AT_TIMES)}
    rivals = {f"baseline_{place}": values_M for place, values_M in enumerate(scored.baselines.values())}
    return {name: values for name, values in {**found, **rivals}.items() if values is not None}


def _facts(scored: Scored) -> dict[str, Any]:
    outputs = None if scored.outputs is None else asdict(scored.outputs)
    return {
        "baselines": list(scored.baselines),
        "coverage": scored.coverage,
        "outputs": outputs,
        "target_names": scored.target_names,
    }


def _scored(span: Any, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Scored:
    outputs = facts["outputs"]
    columns = outputs and tuple(Output(**output) for output in outputs["columns"])
    written: dict[str, Any] = {name: arrays[f"{span}.{name}"] for name in COLUMNS}
    written |= {name: arrays.get(f"{span}.{name}") for name in COLUMNS_AT_TIMES}
    return Scored(
        span=span,
        **written,
        baselines={name: arrays[f"{span}.baseline_{place}"] for place, name in enumerate(facts["baselines"])},
        coverage=facts["coverage"],
        outputs=outputs and Outputs(columns=columns, decision=outputs["decision"]),
        target_names=tuple(facts["target_names"]),
    )


class _VerdictForm:
    def encode(self, value: Verdict) -> Files:
        return JSON.encode(value.to_json())

    def decode(self, files: Files) -> Verdict:
        return Verdict.from_json(JSON.decode(files))


EVIDENCE = _EvidenceForm()
VERDICT = _VerdictForm()
