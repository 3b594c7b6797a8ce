"""A feature set promises named causal expressions."""

from abc import abstractmethod
from collections.abc import Mapping

from components.contracts.component import Component


class Features(Component):
    """A feature set: ordered names with causal expressions."""

    @abstractmethod
    def expanded(self) -> Mapping[str, str]:
        """name -> expression, templates over windows expanded."""

    def definitions_of(self, name: str) -> Mapping[str, str]:
        """name -> sub-expression that the expression of this feature may use by that name."""
        return {}

    def where(self, name: str) -> str:
        """Where in its settings the feature of this name stands: a dotted path."""
        return f"expressions.{name}"
