"""Walk-forward in steps of the calendar: refitted at the beginning of months, quarters or years."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Split
from components.errors import DataError, Problem
from components.ranges import Ge
from components.split._spans import span
from components.values import Span, Time

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, kw_only=True)
class Calendar(Split):
    """Test spans that begin with a month, a quarter or a year (UTC) and follow each other up to the vault.

    A step is a calendar period in which there is a decision time. The first and the last may have begun before, or
    end after, the history does; the last test span is as short as history makes it.

    step         month | quarter | year: what the other lengths are counted in
    first_steps  steps before the first test span (train and valid of the first fold), more than valid_steps
    valid_steps  steps of each validation span, right before its test span
    test_steps   steps of each test span
    window       expanding: train starts at the beginning; rolling: train keeps the first fold's steps
    vault_start  ISO date, `last N bars` or null; bars from then on are outside every fold, metric and report
    """

    step: Literal["month", "quarter", "year"]
    first_steps: Annotated[int, Ge(2)]
    valid_steps: Annotated[int, Ge(1)]
    test_steps: Annotated[int, Ge(1)]
    window: Literal["expanding", "rolling"]
    vault_start: str | None

    def problems(self) -> Iterator[Problem]:
        if self.valid_steps >= self.first_steps:
            steps = f"{self.valid_steps} of {self.first_steps} steps before the first test span"
            message = f"{steps} leave nothing to train on"
            yield Problem("valid_steps", message, "lower it, or raise split.first_steps")

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        period_T = decision_times_T.astype("datetime64[M]").astype(np.int64) // MONTHS[self.step]
        begins = np.unique(period_T, return_index=True)[1].tolist()
        first = self.first_steps
        if first <= self.valid_steps or len(begins) <= first:
            raise DataError(
                f"split: the decision times lie in {len(begins)} {self.step}s: too few for split.first_steps={first}, "
                f"{self.valid_steps} of them for validation, and a test span; give more bars, lower split.first_steps "
                "or choose a shorter split.step"
            )
        tests = [*range(first, len(begins), self.test_steps), len(begins)]
        edges = [*begins, len(decision_times_T)]
        return tuple(
            span(
                decision_times_T,
                train=edges[test - first] if self.window == "rolling" else 0,
                valid=edges[test - self.valid_steps],
                test=edges[test],
                end=edges[end],
            )
            for test, end in itertools.pairwise(tests)
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base = {"valid_steps": 1, "vault_start": None}
        return (
            base | {"step": "month", "first_steps": 6, "test_steps": 3, "window": "rolling"},
            base | {"step": "quarter", "first_steps": 3, "test_steps": 1, "window": "expanding"},
        )
