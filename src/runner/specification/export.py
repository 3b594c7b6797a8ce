"""What becomes of a run that passes its gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts import Component


@dataclass(frozen=True, kw_only=True)
class Export(Component):
    """Whether, and under which name, a run is promoted to an inference bundle.

    promote  auto: a single run that passes its gates is promoted; never: only `promote RUN` does it
    name     the bundle's name in the registry: letters, digits, dot, dash and underscore
    """

    promote: Literal["auto", "never"]
    name: str

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"promote": "auto", "name": "volatility"}, {"promote": "never", "name": "sp500-1.0"})
