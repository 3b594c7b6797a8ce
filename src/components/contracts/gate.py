"""A gate promises one judgement, a set of gates the verdict."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from components.contracts.component import Component
from components.contracts.target import Kind
from components.values import Evidence, Judgement, Need

KINDS: tuple[Kind, ...] = get_args(Kind)
Result = Literal["forecast", "portfolio", "run"]
"""What a gate speaks of: the forecast, what the portfolio makes of it, or the run as such (leaks, record, bundle)."""


class Gate(Component):
    """One named check with a threshold; required: a failure rejects what it judges, else it is only advice."""

    required: bool

    needs_intervals: ClassVar[bool] = False
    """Whether it judges the intervals of forecasts."""
    min_folds: ClassVar[int] = 1
    """Folds without which it has nothing to compare."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of target that it is for; to a run with another kind it does not apply."""
        return KINDS

    @property
    def min_symbols(self) -> int:
        """Symbols that it needs on some date."""
        return 1

    def judges(self, kind: Kind) -> Result:
        """What it judges of a run with this kind of target."""
        return "forecast"

    def shows_skill(self, kind: Kind) -> bool:
        """Whether passing it takes more than luck: a run that no such gate has judged is never promoted."""
        return False

    @abstractmethod
    def judge(self, evidence: Evidence) -> Judgement:
        """The judgement, in words that a non-statistician understands, with what would suffice."""

    def baselines(self) -> tuple[str, ...]:
        """Names of the baselines it compares with."""
        return ()

    def figures(self) -> tuple[str, ...]:
        """Flat names of the figures it judges: one that no run of the experiment can have is refused by the check."""
        return ()

    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios whose results it looks at."""
        return ()

    def false_claims(self) -> tuple[float, float] | None:
        """The chance that noise passes a test of everything that was tried on the data, in the first round of tries on
        it and in a later one; None for a gate that is no such test."""
        return None

    def needs(self) -> frozenset[Need]:
        """What it looks at beyond forecasts and returns: the run finds out only what some gate needs.

        A gate that needs the vault is judged at promotion; in a run it is deferred.
        """
        return frozenset()


class Gates(Component):
    """The named checks that make the verdict; a gate's flaw is a parameter with which no run could pass, or none fail.

    enforce: a run of which a required gate failed ends with exit code 4; checks: name -> gate, judged in this order.
    """

    enforce: bool
    checks: Mapping[str, Gate]

    def where(self, name: str) -> str:
        """Where in its settings the gate of this name stands: a dotted path."""
        return f"checks.{name}"

    def baselines(self) -> tuple[str, ...]:
        """Names of the baselines that the gates compare with, each once, in the order of the gates."""
        return tuple(dict.fromkeys(name for gate in self.checks.values() for name in gate.baselines()))

    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios whose results it looks at."""
        return ()

    def needs(self) -> frozenset[Need]:
        """Everything that some gate needs."""
        return frozenset[Need]().union(*(gate.needs() for gate in self.checks.values()))
