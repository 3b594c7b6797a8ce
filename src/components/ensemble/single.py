"""No ensemble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Ensemble, Model


@dataclass(frozen=True, kw_only=True)
class Single(Ensemble):
    """The configured model itself."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def around(self, model: Model) -> Model:
        return model
