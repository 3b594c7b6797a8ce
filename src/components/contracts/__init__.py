"""The contracts of the slots: what each kind of component promises, a file a slot.

A component is a frozen, keyword-only dataclass whose fields are its parameters, typed with ranges
(`Annotated[float, Gt(0)]`, `Literal`), and whose constructor does nothing. A file of a component
imports only the standard library, numpy and contracts at its top, so that discovery stays cheap.
"""

from components.contracts.backtest import Backtest
from components.contracts.calibration import Calibration, FittedCalibration, LearnsFrom
from components.contracts.claims import Claimed, ClaimedModel
from components.contracts.component import Component
from components.contracts.constraints import Constraints
from components.contracts.ensemble import Ensemble
from components.contracts.features import Features
from components.contracts.gate import KINDS, Gate, Gates, Result
from components.contracts.loss import Loss
from components.contracts.metric import AccountMetric, ForecastMetric, Metric, OrderMetric, ReturnMetric
from components.contracts.model import NOTHING, FittedModel, Inherited, Model, Start
from components.contracts.portfolio import Portfolio
from components.contracts.preprocess import NO_PREPROCESSING, FittedPreprocessor, Nothing, Preprocessor, Unchanged
from components.contracts.quality import Quality
from components.contracts.scenario import Enters, Scenario
from components.contracts.source import Asked, Source
from components.contracts.split import Split
from components.contracts.target import LAST_LABEL, TARGET, Kind, Target

__all__ = [
    "KINDS",
    "LAST_LABEL",
    "NOTHING",
    "NO_PREPROCESSING",
    "TARGET",
    "AccountMetric",
    "Asked",
    "Backtest",
    "Calibration",
    "Claimed",
    "ClaimedModel",
    "Component",
    "Constraints",
    "Ensemble",
    "Enters",
    "Features",
    "FittedCalibration",
    "FittedModel",
    "FittedPreprocessor",
    "ForecastMetric",
    "Gate",
    "Gates",
    "Inherited",
    "Kind",
    "LearnsFrom",
    "Loss",
    "Metric",
    "Model",
    "Nothing",
    "OrderMetric",
    "Portfolio",
    "Preprocessor",
    "Quality",
    "Result",
    "ReturnMetric",
    "Scenario",
    "Source",
    "Split",
    "Start",
    "Target",
    "Unchanged",
]
