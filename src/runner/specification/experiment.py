"""The typed root of a configuration: one field per slot of an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from components.contracts import (
    Backtest,
    Calibration,
    Ensemble,
    Features,
    Gates,
    Loss,
    Model,
    Portfolio,
    Preprocessor,
    Quality,
    Source,
    Split,
    Target,
)
from runner.specification.debug import Debug
from runner.specification.export import Export
from runner.specification.tracker import Tracker


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Everything that is said about an experiment; a field's annotation says what fits into the slot.

    seed     from which all seeds are derived
    threads  processor threads; 0: all
    """

    name: str
    seed: Annotated[int, Ge(0)]
    threads: Annotated[int, Ge(0)]
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
    backtest: Backtest
    gates: Gates
    tracking: Tracker
    export: Export
    debug: Debug
