"""A split promises spans of time."""

from abc import abstractmethod

from components.contracts.component import Component
from components.values import Span, Time


class Split(Component):
    """How the decision times are divided; purging is not the split's business."""

    vault_start: str | None

    @abstractmethod
    def spans(self, decision_times_T: Time) -> tuple[Span, ...]:
        """Spans over the distinct decision times at which a forecast is possible, in order.

        Raises DataError where the times are too few, saying how many are needed.
        """
