"""A broken source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import Source
from components.panel import Panel
from components.values import SourceFacts


@dataclass(frozen=True, kw_only=True)
class Boastful(Source):
    """Closes from memory, announced with volumes."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def facts(self) -> SourceFacts:
        return SourceFacts(identity="memory", description="from memory", survivorship="free", adjustment="raw")

    def fields(self) -> tuple[str, ...]:
        return ("close", "volume")

    def load(self) -> Panel:
        return Panel(
            symbols=("A",),
            offsets=np.array([0, 50]),
            timestamps_R=np.datetime64("2020-01-01", "us") + np.arange(50) * np.timedelta64(1, "D"),
            fields={"close": np.linspace(10.0, 20.0, 50)},
        )
