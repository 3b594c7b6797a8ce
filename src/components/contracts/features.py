"""A feature set promises named causal expressions."""

from abc import abstractmethod
from collections.abc import Mapping

from components.contracts.component import Component


class Features(Component):
    """A feature set: ordered names with causal expressions.

    definitions: name -> sub-expression that the expressions may use by that name.
    """

    definitions: Mapping[str, str]

    @abstractmethod
    def expanded(self) -> Mapping[str, str]:
        """name -> expression, templates over windows expanded."""
