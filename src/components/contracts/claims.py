"""A model may hand on forecasts that were made elsewhere."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts.features import Features
from components.contracts.model import Model
from components.panel import Panel
from components.values import Float, Head


@dataclass(frozen=True, kw_only=True, eq=False)
class Claimed:
    """Forecasts of a panel's bars. fields: field -> (R,) values, NaN where there is none; notices: whole sentences on
    what was left out and what is missing, with counts."""

    fields: Mapping[str, Float]
    notices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FieldsAsFeatures(Features):
    """Fields of the data as they are. names: of the fields."""

    names: tuple[str, ...]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"names": ("close",)}, {"names": ("close", "volume")})

    def expanded(self) -> Mapping[str, str]:
        return {name: name for name in self.names}


class ClaimedModel(Model):
    """A model whose forecasts were made elsewhere: nothing is fitted, and nothing can be fitted again.

    Its forecasts become fields of the panel, so that whatever holds for bars holds for them: those over the vault are
    cut off with it, leak tests look into them, keys follow from their content.
    """

    @abstractmethod
    def output_fields(self) -> tuple[str, ...]:
        """The fields that its forecasts become, in the order of the loss's outputs."""

    @abstractmethod
    def lacking(self, head: Head) -> str:
        """Why it cannot give what a loss asks for; empty where it can."""

    @abstractmethod
    def columns_found(self) -> None:
        """Raises DataError where its table is missing or lacks a column, found out without reading the rows."""

    @abstractmethod
    def claimed(self, panel: Panel, *, horizon_bars: int) -> Claimed:
        """Its forecasts of these bars, so many bars ahead.

        Raises DataError naming the line where a forecast was made after the decision that it is for, and where none
        belongs to any bar.
        """

    def on_own_features(self) -> "tuple[Features, Model]":
        return FieldsAsFeatures(names=self.output_fields()), self
