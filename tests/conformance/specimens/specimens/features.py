"""A broken feature set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Features


@dataclass(frozen=True, kw_only=True)
class Tomorrow(Features):
    """The return of the next bar, as a feature."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def expanded(self) -> Mapping[str, str]:
        return {"momentum": "ref(close, -1) / close - 1"}
