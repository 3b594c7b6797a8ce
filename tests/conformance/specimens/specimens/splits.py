"""Broken splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import Split
from components.errors import DataError
from components.values import Span, Time


class _Thirds(Split):
    vault_start: str | None
    paths = (1,)
    late = np.timedelta64(0, "us")

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"vault_start": None}, {"vault_start": "2020-01-01"})

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        n = len(decision_times_T)
        if n < 30:
            raise DataError(f"split: needs 30 times, there are {n}; give more bars")
        edges = [decision_times_T[0], decision_times_T[n // 3], decision_times_T[2 * n // 3]]
        train, valid = (edges[0], edges[1]), (edges[1], edges[2])
        test = (edges[2] + self.late, decision_times_T[-1] + np.timedelta64(1, "us"))
        return (Span(train=(train,), valid=(valid,), test=(test,), paths=self.paths),)


@dataclass(frozen=True, kw_only=True)
class SecondPath(_Thirds):
    """Thirds of the history, tested on a second path without a first; vault_start: see Split."""

    vault_start: str | None
    paths = (2,)


@dataclass(frozen=True, kw_only=True)
class Between(_Thirds):
    """Thirds of the history, tested from between two decision times on; vault_start: see Split."""

    vault_start: str | None
    late = np.timedelta64(1, "us")
