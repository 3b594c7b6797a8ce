"""The values that flow between stages; all immutable."""

from components.values.arrays import Float, Float32, Int, Time
from components.values.evidence import Certificate, Evidence, Judgement, LeakFinding, LeakReport, Need, Trials, Vault
from components.values.facts import Finding, SourceFacts
from components.values.forecast import Calibrated, Head, Scored
from components.values.samples import Fold, Interval, Samples, Span, within
from components.values.trading import BacktestResult, PriceGrid, Stress

__all__ = [
    "BacktestResult",
    "Calibrated",
    "Certificate",
    "Evidence",
    "Finding",
    "Float",
    "Float32",
    "Fold",
    "Head",
    "Int",
    "Interval",
    "Judgement",
    "LeakFinding",
    "LeakReport",
    "Need",
    "PriceGrid",
    "Samples",
    "Scored",
    "SourceFacts",
    "Span",
    "Stress",
    "Time",
    "Trials",
    "Vault",
    "within",
]
