"""A target promises an expression that looks forward."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Literal

from components.contracts.component import Component

Kind = Literal["level", "return", "direction"]


TARGET = "target"
"""Name of the target where there is only one."""

LAST_LABEL = "last_label"
"""Name of the column that holds the latest label known at a row: the target's expression, `horizon`
bars back. Every design matrix can offer it; a model that wants it lists it in `inputs`."""


class Target(Component):
    """The quantity to forecast."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """level: a quantity that is not traded itself; return: a price move; direction: its sign, 0 or 1."""

    @abstractmethod
    def text(self) -> str:
        """An expression that looks forward; horizon and label_end are derived from it."""

    def in_words(self) -> str:
        """What is forecast, as one says it."""
        return {
            "level": "a quantity that is not traded itself",
            "return": "a move of the price",
            "direction": "whether a move of the price will be up",
        }[self.kind]

    def columns(self) -> Mapping[str, str]:
        """name -> expression of everything that is forecast at once, that of `text`, which is decided on, first."""
        return {TARGET: self.text()}
