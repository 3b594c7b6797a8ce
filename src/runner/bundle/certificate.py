"""The certificate of a bundle: the whole out-of-sample period replayed, at once and bar by bar, and its speed.

Every fold's model goes through the converter that the bundle's own model goes through, so what is certified is
the conversion, on every bar that was ever scored.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from components.errors import ContractError
from components.panel import Panel
from components.values import Certificate, Float
from runner.bundle.assemble import assemble
from runner.bundle.parity import OutOfSample, at_once, bar_by_bar, compared
from runner.bundle.reader import Bundle
from runner.bundle.stream import Stream
from runner.bundle.variants import PRECISIONS, Precision, variant
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Stage
from runner.specification.experiment import Experiment
from runner.storage.formats import JSON, Files

TIMED_BARS = 200
UNTIMED_BARS = 20
REPEATS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Certification:
    """certificate: the totals, for gates; parity: everything, for parity.json and variants.json."""

    certificate: Certificate
    parity: Mapping[str, Any]


class _Form:
    def encode(self, value: Certification) -> Files:
        return JSON.encode({"certificate": asdict(value.certificate), "parity": value.parity})

    def decode(self, files: Files) -> Certification:
        content = JSON.decode(files)
        return Certification(certificate=Certificate(**content["certificate"]), parity=content["parity"])


def certification(experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache) -> Stage[Certification]:
    """The stage in which the run is replayed through bundles of its folds' models."""
    inputs = {"prepared": prepared.as_input(), "executed": executed.as_input()}
    return cache.stage(certify, inputs=inputs, settings={"experiment": experiment}, form=_Form(), shown="certificate")


def certify(prepared: Prepared, executed: Executed, *, experiment: Experiment) -> Certification:
    """Replays the run through bundles of its folds' models. Only figures: what differs raises nothing here."""
    forecasts, made = executed.calibrated.value, executed.walked.value
    bundles, decided = {}, executed.every_decision
    portfolios = {fold: portfolio for each in decided for fold, portfolio in each.portfolios.items()}
    for fold, calibrated in zip(prepared.folds, forecasts.calibrations, strict=True):
        fit = executed.walked.fold(fold.number)
        bundles[fold.number] = assemble(
            experiment,
            prepared,
            outputs=made.outputs,
            model_files=fit.model,
            learnt=fit.learnt,
            calibrated=calibrated,
            portfolio=portfolios[fold.number],
        )
    test = forecasts.is_test_M
    run = OutOfSample(
        panel=prepared.panel,
        names=prepared.table.names,
        values_CR=prepared.table.values_FR,
        row_M=forecasts.row_M[test],
        fold_M=forecasts.fold_M[test],
        path_M=forecasts.path_M[test],
        values_MO=forecasts.values_MO[test],
        decision=forecasts.outputs.decision,
        decided=decided,
    )
    return certified(bundles, run, threads=experiment.resources.threads)


def refuse_differing(certification: Certification) -> None:
    """Raises ContractError where the bundle does not do what the run did, naming the first difference."""
    found, stream = certification.certificate, certification.parity["stream"]
    if found.missing == found.beyond_tolerance == found.differing_orders == 0 and stream["passed"]:
        return
    again = f", {stream['differing_orders']} when bars come one by one"
    raise ContractError(
        f"promotion: the bundle does not forecast what the run forecast: {found.missing + found.beyond_tolerance} of "
        f"{found.forecasts} forecasts beyond the tolerance, {found.differing_orders} differing orders{again}; first: "
        f"{found.first_divergence}; mend to_onnx of the model, or the operator that the feature uses"
    )


def certified(bundles: Mapping[int, Bundle], run: OutOfSample, *, threads: int) -> Certification:
    """The certificate of a bundle per fold; the last of them is timed."""
    batch = compared(run, at_once(bundles, run, threads=threads))
    stream = compared(run, bar_by_bar(bundles, run, threads=threads))
    latency = _latency(bundles[max(bundles)], run.panel)
    certificate = Certificate(
        forecasts=batch["forecasts"],
        missing=batch["missing_forecasts"],
        beyond_tolerance=batch["forecasts_beyond_tolerance"],
        orders=batch["orders"],
        differing_orders=batch["differing_orders"],
        stream_differing_orders=stream["differing_orders"],
        first_divergence=batch["first_divergence"] or stream.get("first_divergence", ""),
        latency_p50_us=latency.get("p50_us", np.nan),
        latency_p99_us=latency.get("p99_us", np.nan),
    )
    variants = {name: _measured(name, bundles, run, threads) for name in PRECISIONS}
    parity = {**batch, "stream": stream, "latency": latency, "variants": variants}
    return Certification(certificate=certificate, parity=parity)


def _latency(bundle: Bundle, panel: Panel) -> dict[str, Any]:
    """Microseconds from a new bar to its forecast, features included: medians of several passes over the last bars.

    One bar of the symbol that has most; where the bundle compares symbols, the bars of all of them at a date.
    """
    together = bundle.recipe.cross_sectional or bundle.preprocess.cross_sectional
    if not together:
        panel = panel.take(panel.symbol_codes_R == np.diff(panel.offsets).argmax())
    dates_T = panel.dates_T[-min(TIMED_BARS + UNTIMED_BARS, len(panel.dates_T) // 2) :]
    history = panel.before(dates_T[0])
    bars = [_bars_at(panel, date, bundle.recipe.fields, history.symbols) for date in dates_T]

    def once() -> tuple[float, float]:
        stream = Stream.open(bundle, history, threads=1)
        if together:
            return _microseconds(stream.push_date, list(zip(dates_T, bars, strict=True)))
        alone = panel.symbols[0]
        return _microseconds(stream.push, [(alone, date, at[alone]) for date, at in zip(dates_T, bars, strict=True)])

    p50, p99 = np.median([once() for _ in range(REPEATS)], axis=0)
    what = f"one date of {len(history.symbols)} symbols" if together else "one bar of one symbol"
    return {
        "what": f"{what}, features included",
        "bars": max(len(bars) - UNTIMED_BARS, 1),
        "repeats": REPEATS,
        "p50_us": round(float(p50), 1),
        "p99_us": round(float(p99), 1),
    }


def _bars_at(
    panel: Panel, date: np.datetime64, fields: tuple[str, ...], symbols: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """symbol -> field -> value of the bars of a date, of these symbols."""
    rows = np.flatnonzero(panel.timestamps_R == date)
    named = [(panel.symbols[panel.symbol_codes_R[row]], row) for row in rows]
    return {
        symbol: {name: float(panel.fields[name][row]) for name in fields} for symbol, row in named if symbol in symbols
    }


def _microseconds(call: Callable[..., object], arguments: Sequence[tuple[Any, ...]]) -> tuple[float, float]:
    """Median and 99th percentile of the calls but the first few."""
    taken = []
    for each in arguments:
        begin = time.perf_counter_ns()
        call(*each)
        taken.append((time.perf_counter_ns() - begin) / 1e3)
    p50, p99 = np.percentile(taken[min(UNTIMED_BARS, len(taken) - 1) :], [50, 99])
    return float(p50), float(p99)


def _measured(name: Precision, bundles: Mapping[int, Bundle], run: OutOfSample, threads: int) -> dict[str, Any]:
    """What a variant of the graphs costs in accuracy and gains in bytes and time; or why there is none."""
    smaller = {}
    for fold, bundle in bundles.items():
        graph = variant(bundle.graph, name)
        if isinstance(graph, str):
            return {"why_not": graph}
        smaller[fold] = replace(bundle, graph=graph)
    replay = at_once(smaller, run, threads=threads)
    outcome, last = compared(run, replay), max(bundles)
    original, reduced = bundles[last], smaller[last]
    kept = ("forecasts", "missing_forecasts", "max_abs_difference", "orders", "differing_orders")
    return {
        "certified": outcome["differing_orders"] == outcome["missing_forecasts"] == 0,
        **{key: outcome[key] for key in kept},
        "r2_of_original": _r2(run.forecast_M, replay.values_MO[:, run.decision]),
        "bytes": len(reduced.graph),
        "bytes_of_original": len(original.graph),
        "graph_p50_us": _graph_latency(reduced),
        "graph_p50_us_of_original": _graph_latency(original),
    }


def _r2(original_M: Float, reduced_M: Float) -> float | None:
    """Share of the variance of the original forecasts that the reduced ones reproduce; None where they are constant."""
    total = float(((original_M - original_M.mean()) ** 2).sum())
    return None if total == 0.0 else 1.0 - float(((original_M - reduced_M) ** 2).sum()) / total


def _graph_latency(bundle: Bundle) -> float:
    """Median microseconds of the graph alone, one row."""
    recipe = bundle.recipe
    past = () if recipe.lookback_rows == 1 else (recipe.lookback_rows,)
    X_1G = np.zeros((1, *past, len(recipe.inputs)), dtype=np.float32)
    return round(_microseconds(bundle.run_graph, [(X_1G,)] * (TIMED_BARS + UNTIMED_BARS))[0], 1)
