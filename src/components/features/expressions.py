"""A feature set written down as expressions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from components.contracts import Features
from components.errors import ConfigError, Problem
from components.ranges import Ge, MinLen

PLACEHOLDER = "{w}"
MOST_FEATURES = 10_000


@dataclass(frozen=True, kw_only=True)
class ExpressionFeatures(Features):
    """Named causal expressions over the panel's fields.

    definitions  name -> sub-expression, usable by name in every expression
    windows      bars; an entry whose name contains {w} is repeated for each window, {w} replaced in
                 name and expression
    expressions  name -> expression in the language of `components.expressions`
    """

    definitions: Mapping[str, str]
    windows: tuple[Annotated[int, Ge(1)], ...]
    expressions: Annotated[Mapping[str, str], MinLen(1)]

    def expanded(self) -> Mapping[str, str]:
        repeated = sum(PLACEHOLDER in name for name in self.expressions)
        count = len(self.expressions) + repeated * (len(self.windows) - 1)
        if count > MOST_FEATURES:
            raise ConfigError(
                Problem("expressions", f"make {count:,} features, at most {MOST_FEATURES:,} are computed")
            )
        features: dict[str, str] = {}
        for name, text in self.expressions.items():
            if PLACEHOLDER in name:
                for window in self.windows:
                    features[name.replace(PLACEHOLDER, str(window))] = text.replace(PLACEHOLDER, str(window))
            else:
                features[name] = text
        return features

    def flaws(self) -> tuple[str, ...]:
        lacking = [name for name in self.expressions if PLACEHOLDER in name]
        if self.windows or not lacking:
            return ()
        return (f"expressions.{lacking[0]}: is repeated for each window, and windows names none; e.g. windows=[5, 20]",)

    def definitions_of(self, name: str) -> Mapping[str, str]:
        return self.definitions

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"definitions": {}, "windows": (), "expressions": {"momentum": "close / ref(close, 5) - 1"}},
            {
                "definitions": {"r": "log(close / ref(close, 1))"},
                "windows": (5, 22),
                "expressions": {"trend_{w}": "mean(r, {w})", "risk_{w}": "std(r, {w})", "last": "r"},
            },
        )
