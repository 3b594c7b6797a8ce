"""Broken gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate
from components.values import Evidence, Judgement


class _Asking(Gate):
    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"required": True}, {"required": False})


@dataclass(frozen=True, kw_only=True)
class Eager(_Asking):
    """Passes; required: whether that matters."""

    required: bool

    def judge(self, evidence: Evidence) -> Judgement:
        return Judgement(status="passed", value=1.0, threshold=0.0, says="All is well.")


@dataclass(frozen=True, kw_only=True)
class Fragile(_Asking):
    """R2 in whole percent, which a figure that is NaN has not; required: whether that matters."""

    required: bool

    def figures(self) -> tuple[str, ...]:
        return ("test/r2",)

    def judge(self, evidence: Evidence) -> Judgement:
        percents = round(100 * evidence.metrics.get("test/r2", 0.0))
        status: Any = "passed" if percents > 0 else "failed"
        return Judgement(status=status, value=float(percents), threshold=0.0, says=f"R2 is {percents} %.")


@dataclass(frozen=True, kw_only=True)
class Lenient(_Asking):
    """Has nothing to say of a portfolio that never traded; required: whether that matters."""

    required: bool

    def judge(self, evidence: Evidence) -> Judgement:
        if not any(evidence.returns_T > 0):
            return Judgement(status="not_applicable", value=None, threshold=None, says="The portfolio never traded.")
        mean = float(evidence.returns_T.mean())
        says = f"The mean return is {mean:.4f}."
        return Judgement(status="passed" if mean > 0 else "failed", value=mean, threshold=0.0, says=says)
