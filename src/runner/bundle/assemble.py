"""From what a run fitted to a bundle."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.expressions import to_text
from components.panel import IN_UNIVERSE
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.compute.pipeline import Prepared
from runner.specification.experiment import Experiment


def assemble(
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    *,
    model_files: Mapping[str, bytes],
    learnt: Mapping[str, Any],
    calibrated: Mapping[str, Any],
) -> Bundle:
    """The bundle of one fitted model. model_files: what `to_files` wrote; learnt: its preprocessor's state;
    calibrated: that of the calibration of its forecasts."""
    model = experiment.ensemble.around(experiment.model)
    fitted = model.from_files(model_files)
    columns = experiment.preprocess.restore(learnt).columns
    panel = prepared.panel
    at_the_end = panel.timestamps_R[panel.offsets[1:] - 1] == panel.dates_T[-1]
    recipe = Recipe(
        expressions={name: to_text(node) for name, node in prepared.columns.items()},
        inputs=model.inputs(columns),
        target=to_text(prepared.label),
        kind=experiment.target.kind,
        horizon_bars=prepared.labels.horizon_bars,
        portfolio=config["portfolio"],
        bars_per_year=panel.bars_per_year,
        universe=tuple(np.array(panel.symbols, dtype=object)[at_the_end]),
        membership=IN_UNIVERSE in panel.fields,
        preprocess=config["preprocess"],
        calibration={"settings": config["calibration"], "learnt": calibrated},
    )
    return Bundle(recipe=recipe, graph=fitted.to_onnx().SerializeToString(), learnt=learnt)
