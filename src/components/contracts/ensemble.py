"""An ensemble promises a model made of models."""

from abc import abstractmethod
from collections.abc import Mapping

from components.contracts.component import Component
from components.contracts.model import Model


class Ensemble(Component):
    """A model made of models."""

    def members(self) -> Mapping[str, Model]:
        """Further models beside the configured one."""
        return {}

    @abstractmethod
    def around(self, model: Model) -> Model:
        """The model that fits and combines: the configured one and its companions."""
