"""No preprocessing."""

from dataclasses import dataclass

from components.contracts import Nothing


@dataclass(frozen=True, kw_only=True)
class NoPreprocessing(Nothing):
    """The features as they are: z = x."""
