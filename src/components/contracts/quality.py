"""A quality policy promises a panel without defects."""

from abc import abstractmethod

from components.bars import Bars
from components.contracts.component import Component
from components.panel import Panel
from components.values import Finding


class Quality(Component):
    """What is done about defects of the data, before anything is computed."""

    @abstractmethod
    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        """The panel of the bars and what was found. Raises DataError where a defect must be mended first."""
