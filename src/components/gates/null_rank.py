"""Is the best of a search better than what the same search finds where nothing foretells the direction of a move?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Gate, Kind
from components.gates._wording import judgement, not_computable, number, percent, probability
from components.ranges import Gt, Lt
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class NullRank(Gate):
    """The rank of the best trial's out-of-sample figure among the bests of null worlds (sweep.null_worlds).

    The p-value (1 + worlds at least as good) / (1 + worlds) is exact for any number of worlds; its smallest is
    1 / (1 + worlds), so that 19 are needed for 5 %.

    level: the largest p-value that passes, in (0, 1).
    """

    kinds: ClassVar[tuple[Kind, ...]] = ("return", "direction")

    level: Annotated[float, Gt(0), Lt(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"level": 0.05, "required": True}, {"level": 0.01, "required": False})

    def needs(self) -> frozenset[Need]:
        return frozenset[Need]({"null worlds"})

    def judge(self, evidence: Evidence) -> Judgement:
        found = evidence.nulls
        if found is None:
            return not_computable(
                "No null worlds are known of it: it is not the best trial of a sweep with sweep.null_worlds=100.",
                self.level,
            )
        above = found.rank - 1
        says = (
            f"In {above:,} of {found.worlds:,} null worlds the same search of {found.trials:,} trials found a best at "
            f"least as good by {found.figure} ({number(found.value)} here; {probability(found.p_value)}; "
            f"of all worlds it would be {percent(found.low)} to {percent(found.high)})."
        )
        needed = int(1 / self.level - 1e-9)
        more = f" At least {needed:,} worlds are needed for {percent(self.level)}." if found.worlds < needed else ""
        return judgement(
            found.p_value <= self.level,
            value=found.p_value,
            threshold=self.level,
            relation="<=",
            statistic="p-value",
            says=says,
            suffices=f"{probability(self.level)} or less would suffice.{more}",
        )
