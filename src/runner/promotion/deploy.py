"""The model that goes into production: the recipe fitted on everything the source has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.errors import ContractError
from components.panel import Panel
from components.seeds import derive
from components.values import Float, Int
from runner.bundle.assemble import assemble
from runner.bundle.reader import Bundle
from runner.compute.calibrate import deployed_calibration
from runner.compute.pipeline import Executed, Prepared
from runner.compute.samples import Design
from runner.report.description import day
from runner.specification.experiment import Experiment

ITERATIONS = "iterations"
RULE = (
    "There are no validation rows left, so what these decided in the folds is fixed: a number of iterations to the "
    "median over the folds of (iterations x rows now / train rows of the fold), anything else to its mean."
)
NO_CHOICE = "Its validation rows decided nothing in the folds, so that the same settings apply."


@dataclass(frozen=True, kw_only=True, eq=False)
class Deployed:
    """The refitted bundle and the facts of its fit, plain."""

    bundle: Bundle
    facts: Mapping[str, Any]


def refit(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, executed: Executed, everything: Prepared
) -> Deployed:
    """Fits preprocessor and model on every row of all data whose label is known; no row is held back. The
    calibration learns from the run's out-of-fold forecasts, since a model's forecasts of its own rows are too good.

    Raises ContractError where the bundle does not forecast what the fitted model forecasts.
    """
    design = Design(
        preprocess=experiment.preprocess, table=everything.table, labels=everything.labels, panel=everything.panel
    )
    panel, seed = everything.panel, derive(experiment.seed, "deployed")
    rows = np.flatnonzero(design.eligible_R & ~np.isnat(everything.labels.label_end_R))
    chosen = scaled(_chosen(experiment, executed), [len(fold.train_rows) for fold in prepared.folds], len(rows))
    model = experiment.ensemble.around(experiment.model).with_chosen(chosen)
    preprocessor = experiment.preprocess.fit(design.raw(rows), seed=derive(seed, "preprocess"))
    inputs = model.inputs(preprocessor.columns)
    train = design.prepared(rows, inputs, preprocessor)
    nothing = train.take(np.empty(0, dtype=np.int64))
    fitted = model.fit(train, nothing, loss=experiment.loss, seed=seed, threads=experiment.threads)
    calibration = deployed_calibration(experiment.calibration, executed.forecasts, prepared.labels)
    bundle = assemble(
        experiment,
        config,
        everything,
        model_files=fitted.to_files(),
        learnt=preprocessor.state(),
        calibrated=calibration.state(),
    )
    recent = np.flatnonzero(design.eligible_R & (panel.timestamps_R >= prepared.folds[-1].span.test[0][0]))
    raw_M = fitted.predict(design.prepared(recent, inputs, preprocessor).X_NF)
    forecast_M = calibration.apply(raw_M).forecast_N
    _refuse_another(bundle, panel, recent, forecast_M, experiment.threads)
    return Deployed(
        bundle=bundle,
        facts={
            "rule": RULE if chosen else NO_CHOICE,
            "chosen": chosen,
            "n_train": len(rows),
            "first": day(panel.timestamps_R[rows].min()),
            "last": day(panel.timestamps_R[rows].max()),
            "fingerprint": panel.fingerprint,
        },
    )


def certify_folds(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, executed: Executed
) -> Mapping[str, Any]:
    """The parity report: every fold's model through the converter that also writes the deployed one, against what
    the run forecast and ordered. Raises ContractError naming the first difference."""
    from runner.bundle.certificate import certify, refuse_differing

    certification = certify(experiment, config, prepared, executed)
    refuse_differing(certification)
    return certification.parity


def _refuse_another(bundle: Bundle, panel: Panel, rows: Int, forecast_M: Float, threads: int) -> None:
    """Raises ContractError where the bundle does not forecast what the fitted model does."""
    from runner.bundle.parity import FORECAST_TOLERANCE

    found = bundle.forecast(panel, threads=threads)
    found_R = np.full(panel.n_rows, np.nan)
    found_R[found.row_M] = found.forecast_M
    tolerance_M = FORECAST_TOLERANCE * np.maximum(np.abs(forecast_M), forecast_M.std())
    # Not >, which a missing forecast would pass.
    wrong_M = ~(np.abs(found_R[rows] - forecast_M) <= tolerance_M)
    if wrong_M.any():
        raise ContractError(
            f"promotion: the deployed bundle does not forecast what its model forecasts: {int(wrong_M.sum())} of "
            f"{len(rows)} forecasts beyond the tolerance; mend to_onnx of the model"
        )


def scaled(chosen_K: list[Mapping[str, float]], rows_K: list[int], rows: int) -> dict[str, float]:
    """What the folds' validation rows decided, for a fit on `rows` rows without any, see RULE.

    rows_K: train rows of each fold. A boosted sum needs the more iterations, the more there is to learn from.
    """
    fixed = {}
    for name in chosen_K[0]:
        values_K = np.array([chosen[name] for chosen in chosen_K])
        if name.endswith(ITERATIONS):
            fixed[name] = float(max(1, round(float(np.median(values_K * rows / np.array(rows_K))))))
        else:
            fixed[name] = float(values_K.mean())
    return fixed


def _chosen(experiment: Experiment, executed: Executed) -> list[Mapping[str, float]]:
    model = experiment.ensemble.around(experiment.model)
    return [model.from_files(files).chosen() for files in executed.forecasts.models]
