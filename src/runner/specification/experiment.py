"""The typed root of a configuration: one field per slot of an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from components.contracts import (
    Backtest,
    Calibration,
    ClaimedModel,
    Constraints,
    Ensemble,
    Features,
    Gates,
    Loss,
    Model,
    Portfolio,
    Preprocessor,
    Quality,
    Scenario,
    Source,
    Split,
    Target,
)
from components.ranges import Ge
from components.values import Resources
from runner.specification.debug import Debug
from runner.specification.export import Export
from runner.specification.tracker import Tracker


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Everything that is said about an experiment; a field's annotation says what fits into the slot.

    hypothesis  one sentence that says what the trial is to show; null: none was written down
    parent      run id of the trial that this one follows; null: none
    seed        from which all seeds are derived
    resources   processors and devices
    """

    inert: ClassVar[frozenset[str]] = frozenset(
        {"name", "hypothesis", "parent", "quality", "baselines", "robustness", "gates", "tracking", "export", "debug"}
    )
    """What judges, records or shows a run, without being part of what is tried; quality and debug are, through the
    bars that they leave."""

    name: str
    hypothesis: str | None
    parent: str | None
    seed: Annotated[int, Ge(0)]
    resources: Resources
    data: Source
    quality: Quality
    features: Features
    target: Target
    split: Split
    preprocess: Preprocessor
    model: Model
    loss: Loss
    ensemble: Ensemble
    calibration: Calibration
    baselines: Mapping[str, Model]
    portfolio: Portfolio
    constraints: Constraints
    backtest: Backtest
    robustness: Mapping[str, Scenario]
    gates: Gates
    tracking: Tracker
    export: Export
    debug: Debug

    @property
    def inputs(self) -> Features:
        """The features that the model reads: its own where it brings some."""
        own = self.model.on_own_features()
        return self.features if own is None else own[0]

    @property
    def claims(self) -> ClaimedModel | None:
        """The forecasts made elsewhere that it judges; None where its forecasts are fitted here."""
        return self.model if isinstance(self.model, ClaimedModel) else None

    @property
    def fitted_model(self) -> Model:
        """What is fitted: the configured model with its companions."""
        return self.ensemble.around(self.model)
