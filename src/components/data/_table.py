"""From a table of bars to a checked panel: every complaint names place, symbol, timestamp and remedy."""

from typing import TYPE_CHECKING

from components.bars import Bars
from components.panel import Panel
from components.structure import strict

if TYPE_CHECKING:
    import pandas as pd


def checked_panel(frame: "pd.DataFrame", *, where: str) -> Panel:
    """Panel of columns symbol, timestamp and numeric fields.

    Raises DataError on the first of: no rows, unsorted or duplicate bars, a price that is missing or
    not positive, negative volume, high below low, open or close outside [low, high]. `where` names the file.
    """
    return strict(Bars.from_frame(frame, where=where))
