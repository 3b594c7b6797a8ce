"""All gates of an experiment, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Component, Gate
from components.values import Need


@dataclass(frozen=True, kw_only=True)
class GateSet(Component):
    """The named checks that make the verdict.

    enforce: a rejected run ends with exit code 4; checks: name -> gate, judged in this order.
    """

    enforce: bool
    checks: Mapping[str, Gate]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"enforce": False, "checks": {}}, {"enforce": True, "checks": {}})

    def baselines(self) -> tuple[str, ...]:
        """Names of the baselines that the gates compare with, each once, in the order of the gates."""
        return tuple(dict.fromkeys(name for gate in self.checks.values() for name in gate.baselines()))

    def needs(self) -> frozenset[Need]:
        """Everything that some gate needs."""
        return frozenset[Need]().union(*(gate.needs() for gate in self.checks.values()))
