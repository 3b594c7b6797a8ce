"""The values that flow between stages; all immutable."""

from components.values.arrays import Float, Float32, Int, Time
from components.values.block import Block, Samples
from components.values.evidence import (
    Certificate,
    Evidence,
    Judgement,
    LeakFinding,
    LeakReport,
    Need,
    NullRank,
    Played,
    Relation,
    Trials,
    Vault,
)
from components.values.facts import Finding, SourceFacts
from components.values.forecast import Calibrated, Head, Output, Outputs, Scored, Statistic
from components.values.resources import Resources
from components.values.samples import Fold, Interval, Span, within
from components.values.trading import BacktestResult, PriceGrid
from components.values.view import HELD, RETURN, Constrained, Relaxed, State, View, fields_read

__all__ = [
    "HELD",
    "RETURN",
    "BacktestResult",
    "Block",
    "Calibrated",
    "Certificate",
    "Constrained",
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
    "NullRank",
    "Output",
    "Outputs",
    "Played",
    "PriceGrid",
    "Relation",
    "Relaxed",
    "Resources",
    "Samples",
    "Scored",
    "SourceFacts",
    "Span",
    "State",
    "Statistic",
    "Time",
    "Trials",
    "Vault",
    "View",
    "fields_read",
    "within",
]
