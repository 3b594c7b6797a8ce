"""The model that goes into production: the recipe fitted on everything the source has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import FittedModel, Inherited, Model
from components.errors import ContractError
from components.panel import Panel
from components.seeds import derive
from components.values import Float, Int
from runner.bundle.assemble import assemble
from runner.bundle.forecast import BundleForecast
from runner.bundle.reader import Bundle
from runner.compute.calibrate import deployed_calibration
from runner.compute.decisions import deployed_portfolio
from runner.compute.fit_fold import FoldFit
from runner.compute.pipeline import Executed, Prepared
from runner.compute.samples import Design
from runner.compute.stage import Cache
from runner.compute.threads import one_thread_of_blas
from runner.promotion.replay import kept_forecasts
from runner.report.description import day
from runner.specification.described import described
from runner.specification.experiment import Experiment

ITERATIONS = "iterations"
RULE = (
    "There are no validation rows left, so what these decided in the folds is fixed: a number of iterations to the "
    "median over the folds of (iterations x rows now / train rows of the fold), anything else to its mean."
)
NO_CHOICE = "Its validation rows decided nothing in the folds, so that the same settings apply."


@dataclass(frozen=True, kw_only=True, eq=False)
class Deployed:
    """The refitted bundle, forecasts of it that are kept, and the facts of its fit, plain."""

    bundle: Bundle
    kept: bytes
    facts: Mapping[str, Any]


def refit(experiment: Experiment, prepared: Prepared, executed: Executed, everything: Prepared) -> Deployed:
    """Fits preprocessor and model on every row of all data whose label is known; no row is held back. The
    calibration and the portfolio learn from the run's out-of-fold forecasts, since a model's forecasts of its own rows
    are too good.

    Raises ContractError where the bundle does not forecast what the fitted model forecasts.
    """
    design = everything.design(experiment)
    panel, seed = everything.panel, derive(experiment.seed, "deployed")
    rows = np.flatnonzero(design.eligible_R & ~np.isnat(everything.labels.label_end_R))
    chosen = scaled(
        _chosen(experiment, prepared, executed), [len(fold.train_rows) for fold in prepared.folds], len(rows)
    )
    model = experiment.fitted_model.with_chosen(chosen)
    with one_thread_of_blas():
        learnt, fitted = _fitted(experiment, model, design, rows, seed, last=executed.walked.fold(len(prepared.folds)))
    preprocessor = experiment.preprocess.restore(learnt)
    inputs = model.inputs(preprocessor.columns)
    calibration = deployed_calibration(experiment.calibration, executed.forecasts, prepared.labels)
    portfolio = deployed_portfolio(experiment.portfolio, prepared.panel, executed.forecasts, prepared.labels)
    bundle = assemble(
        experiment,
        everything,
        outputs=executed.walked.value.outputs,
        model_files=fitted.to_files(),
        learnt=learnt,
        calibrated=calibration.state(),
        portfolio=described(portfolio),
    )
    recent = np.flatnonzero(design.eligible_R & (panel.timestamps_R >= prepared.folds[-1].span.test[0][0]))
    raw_MO = fitted.predict(design.prepared(recent, inputs, preprocessor))
    forecast_M = calibration.apply(raw_MO[:, executed.forecasts.outputs.decision]).forecast_N
    found = bundle.forecast(panel, threads=experiment.resources.threads)
    _refuse_another(found, panel, recent, forecast_M)
    return Deployed(
        bundle=bundle,
        kept=kept_forecasts(bundle, found),
        facts={
            "rule": RULE if chosen else NO_CHOICE,
            "chosen": chosen,
            "n_train": len(rows),
            "first": day(panel.timestamps_R[rows].min()),
            "last": day(panel.timestamps_R[rows].max()),
            "fingerprint": panel.fingerprint,
        },
    )


def _fitted(
    experiment: Experiment, model: Model, design: Design, rows: Int, seed: int, *, last: FoldFit
) -> tuple[Mapping[str, Any], FittedModel]:
    """The state of the preprocessor, and the model, fitted on the rows.

    What folds share, and a pooled model, are made anew of them. A model that starts from the fold before is fitted as
    the fold after the last one: on top of that, behind its preprocessor.
    """
    goes_on = model.starts_from == "previous_fold"
    preprocessor = (
        experiment.preprocess.restore(last.learnt)
        if goes_on
        else experiment.preprocess.fit(design.raw(rows), seed=derive(seed, "preprocess"))
    )
    train = design.prepared(rows, model.inputs(preprocessor.columns), preprocessor)
    nothing = train.take(np.empty(0, dtype=np.int64))
    shared = model.prepare(train, seed=seed) if model.shares else None
    settings: dict[str, Any] = {"loss": experiment.loss, "seed": seed, "resources": experiment.resources}
    start = last.model if goes_on else None
    if model.starts_from == "pooled":
        pooled = model.fit(train, nothing, inherited=Inherited(shared=shared), **settings)
        start = pooled.to_files()
    return preprocessor.state(), model.fit(train, nothing, inherited=Inherited(shared=shared, start=start), **settings)


def certify_folds(experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache) -> Mapping[str, Any]:
    """The parity report: every fold's model through the converter that also writes the deployed one, against what
    the run forecast and ordered. Raises ContractError naming the first difference."""
    from runner.bundle.certificate import certification, refuse_differing

    found = certification(experiment, prepared, executed, cache).value
    refuse_differing(found)
    return found.parity


def _refuse_another(found: BundleForecast, panel: Panel, rows: Int, forecast_M: Float) -> None:
    """Raises ContractError where the bundle does not forecast what the fitted model does."""
    from runner.bundle.parity import FORECAST_TOLERANCE

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


def _chosen(experiment: Experiment, prepared: Prepared, executed: Executed) -> list[Mapping[str, float]]:
    model = experiment.fitted_model
    return [model.from_files(executed.walked.fold(fold.number).model).chosen() for fold in prepared.folds]
