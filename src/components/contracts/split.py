"""A split promises spans of time."""

import datetime
import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from components.contracts.component import Component
from components.errors import DataError, Problem
from components.values import Span, Time

_LAST = re.compile(r"last (\d+) bars?")


class Split(Component):
    """How the decision times are divided; purging is not the split's business.

    vault_start: an ISO date, `last N bars` (the last N distinct times that the source has) or None. Bars from then
    on are outside every fold, metric and report.
    """

    vault_start: str | None

    @property
    def counts_every_bar(self) -> bool:
        """Whether its decision times are those of all bars, whatever the features are; by default those alone at which
        a forecast is possible."""
        return False

    remedy: ClassVar[str] = "lengthen the span"
    """What to do where purging leaves a span without rows, as error messages say it."""

    @abstractmethod
    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        """Spans over the distinct decision times, see `counts_every_bar`, in order.

        symbols: those for which it is, in alphabetical order. Raises DataError where the times or the symbols are
        too few, saying how many are needed.
        """

    def problems(self) -> Iterator[Problem]:
        """What the parameters get wrong together; paths are relative to the split."""
        return iter(())

    def vault_flaws(self) -> Iterator[Problem]:
        """What is wrong with vault_start."""
        start = self.vault_start
        if start is None or ((last := _LAST.fullmatch(start)) and int(last[1]) > 0):
            return
        try:
            datetime.datetime.fromisoformat(start)
        except ValueError:
            message = f"'{start}' is not a date; write it as YYYY-MM-DD, as 'last 504 bars', or null"
            yield Problem("vault_start", message)

    def vault_begins(self, timestamps_R: Time) -> np.datetime64 | None:
        """The time from which on all bars belong to the vault; None where there is none.

        timestamps_R: of all bars of the source, in any order. Raises DataError where they leave nothing before it.
        """
        if self.vault_start is None:
            return None
        last = _LAST.fullmatch(self.vault_start)
        if last is None:
            begins = np.datetime64(self.vault_start, "us")
            if len(timestamps_R) and not (timestamps_R < begins).any():
                raise DataError(f"split.vault_start: no bars before {self.vault_start}; choose a later date")
            return begins
        times_T = np.unique(timestamps_R[~np.isnat(timestamps_R)])
        if len(times_T) <= int(last[1]):
            raise DataError(
                f"split.vault_start: the data have {len(times_T)} times, none of them before the '{self.vault_start}'; "
                "ask for fewer or give more bars"
            )
        return np.datetime64(times_T[-int(last[1])], "us")
