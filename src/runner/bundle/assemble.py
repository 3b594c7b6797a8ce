"""From what a run fitted to a bundle."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.expressions import to_text
from components.panel import IN_UNIVERSE
from components.values import Outputs
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.compute.pipeline import Prepared
from runner.compute.target import target_text
from runner.compute.view import read_by
from runner.specification.described import described
from runner.specification.experiment import Experiment


def assemble(
    experiment: Experiment,
    prepared: Prepared,
    *,
    outputs: Outputs,
    model_files: Mapping[str, bytes],
    learnt: Mapping[str, Any],
    calibrated: Mapping[str, Any],
    portfolio: Mapping[str, Any],
) -> Bundle:
    """The bundle of one fitted model. outputs: of the model, before its calibration; model_files: what `to_files`
    wrote; learnt: its preprocessor's state; calibrated: that of the calibration of its forecasts; portfolio: the
    configuration of the portfolio that was fitted for it."""
    model = experiment.fitted_model
    fitted = model.from_files(model_files)
    columns = experiment.preprocess.restore(learnt).columns
    panel = prepared.panel
    at_the_end = panel.timestamps_R[panel.offsets[1:] - 1] == panel.dates_T[-1]
    recipe = Recipe(
        expressions={name: to_text(node) for name, node in prepared.columns.items()},
        inputs=model.inputs(columns),
        target=target_text(prepared.targets),
        kind=experiment.target.kind,
        horizon_bars=prepared.labels.horizon_bars,
        portfolio=portfolio,
        constraints=described(experiment.constraints),
        reads=read_by(experiment.portfolio, experiment.constraints),
        bars_per_year=panel.bars_per_year,
        universe=tuple(np.array(panel.symbols, dtype=object)[at_the_end]),
        membership=IN_UNIVERSE in panel.fields,
        preprocess=described(experiment.preprocess),
        outputs=outputs.to_json(),
        lookback_rows=model.lookback_rows,
        calibration={"settings": described(experiment.calibration), "learnt": calibrated},
    )
    return Bundle(recipe=recipe, graph=fitted.to_onnx().SerializeToString(), learnt=learnt)
