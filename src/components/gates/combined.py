"""Several sets of gates, judged together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Gates


@dataclass(frozen=True, kw_only=True)
class CombinedGates(Gates):
    """Several sets of gates, all of which make the verdict.

    enforce: a run of which a required gate failed ends with exit code 4, for all sets together; sets: name -> set. The
    gate `skill` of the set `strict` is called strict.skill.
    """

    enforce: bool
    sets: Mapping[str, Gates]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        own = {"_target_": "components.gates.gate_set.GateSet", "enforce": False, "checks": {}}
        return ({"enforce": False, "sets": {"own": own}}, {"enforce": True, "sets": {"own": own, "other": own}})

    @property
    def checks(self) -> Mapping[str, Gate]:  # type: ignore[override]  # read like a field
        return {f"{key}.{name}": gate for key, gates in self.sets.items() for name, gate in gates.checks.items()}

    def where(self, name: str) -> str:
        key = next(key for key, gates in self.sets.items() if name in {f"{key}.{inner}" for inner in gates.checks})
        return f"sets.{key}.{self.sets[key].where(name.removeprefix(f'{key}.'))}"

    def flaws(self) -> tuple[str, ...]:
        if not self.sets:
            return ("combines nothing; name two choices or more, as in gates=[regression, deployment]",)
        return tuple(
            f"the set {key} alone cannot be enforced; set gates.sets.{key}.enforce=false gates.enforce=true"
            for key, gates in self.sets.items()
            if gates.enforce
        )
