"""A gate promises one judgement."""

from abc import abstractmethod

from components.contracts.component import Component
from components.values import Evidence, Judgement, Need


class Gate(Component):
    """One named check with a threshold; required: a failure rejects the run, else it is only advice."""

    required: bool

    @abstractmethod
    def judge(self, evidence: Evidence) -> Judgement:
        """The judgement, in words that a non-statistician understands, with what would suffice."""

    def baselines(self) -> tuple[str, ...]:
        """Names of the baselines it compares with."""
        return ()

    def figures(self) -> tuple[str, ...]:
        """Flat names of the figures it judges: one that no run of the experiment can have is refused by the check."""
        return ()

    def needs(self) -> frozenset[Need]:
        """What it looks at beyond forecasts and returns: the run finds out only what some gate needs.

        A gate that needs the vault is judged at promotion; in a run it is deferred.
        """
        return frozenset()

    def flaws(self) -> tuple[str, ...]:
        """Why no run could ever pass, or none fail, by its parameters alone; a clause each, said before a run."""
        return ()
