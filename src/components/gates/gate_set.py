"""All gates of an experiment, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Gates


@dataclass(frozen=True, kw_only=True)
class GateSet(Gates):
    """The named checks that make the verdict.

    enforce: a run of which a required gate failed ends with exit code 4; checks: name -> gate, judged in this order.
    """

    enforce: bool
    checks: Mapping[str, Gate]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"enforce": False, "checks": {}}, {"enforce": True, "checks": {}})
