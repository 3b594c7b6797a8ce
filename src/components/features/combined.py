"""Several feature sets side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Features


@dataclass(frozen=True, kw_only=True)
class CombinedFeatures(Features):
    """Several feature sets side by side, each with definitions of its own.

    sets  name -> feature set, in the order of their columns. A feature keeps the name by which models know it, so
          that no two sets may have a feature of the same name
    """

    sets: Mapping[str, Features]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        own = "components.features.expressions.ExpressionFeatures"
        trend = {"_target_": own, "definitions": {}, "windows": [], "expressions": {"trend": "close / ref(close, 5)"}}
        risk = {**trend, "definitions": {"r": "close / ref(close, 1)"}, "expressions": {"risk": "std(r, 5)"}}
        return ({"sets": {"trend": trend}}, {"sets": {"trend": trend, "risk": risk}})

    def expanded(self) -> Mapping[str, str]:
        return {name: text for features in self.sets.values() for name, text in features.expanded().items()}

    def definitions_of(self, name: str) -> Mapping[str, str]:
        return self.sets[self._homes(name)[0]].definitions_of(name)

    def where(self, name: str) -> str:
        home = self._homes(name)[0]
        return f"sets.{home}.{self.sets[home].where(name)}"

    def flaws(self) -> tuple[str, ...]:
        if not self.sets:
            return ("combines nothing; name two choices or more, as in features=[momentum, volatility]",)
        homes = {name: self._homes(name) for name in self.expanded()}
        return tuple(
            f"'{name}' is a feature of {' and of '.join(found)}; rename it in one of them"
            for name, found in homes.items()
            if len(found) > 1
        )

    def _homes(self, name: str) -> tuple[str, ...]:
        """The sets that have a feature of this name."""
        return tuple(key for key, features in self.sets.items() if name in features.expanded())
