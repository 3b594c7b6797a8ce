"""Combinatorial purged cross-validation: every choice of groups of history is tested once."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Split
from components.errors import DataError, Problem
from components.ranges import Ge, Gt, Lt
from components.split._spans import interval
from components.values import Span, Time

MOST_FOLDS = 1_000

Positions = list[tuple[int, int]]
"""Half-open stretches of the time axis, in order."""


@dataclass(frozen=True, kw_only=True)
class CombinatorialPurged(Split):
    """History in N groups; one fold for each choice of k of them as test spans, all others train the model.

        | test | train ........ | test | train ........... valid |      one of C(N, k) folds

    Every group is tested in phi = C(N-1, k-1) folds, so that the test forecasts make phi paths through all of
    history: the j-th fold that tests a group, in order, gives the group's forecasts on path j. A run is judged on
    the path whose account has the median Sharpe ratio; its report tells that of every path.

    A model is trained on what comes after a test span too. The runner purges both sides, as it does everywhere: a
    label that is not known when a test span begins is left out, and after a test span every row whose features look
    back to before the last label of the span was known (the embargo; it follows from the features' lookback).
    The validation span is the last part of the training times, in front of or behind test spans, purged likewise.

    n_groups       N groups of (nearly) as many decision times each
    n_test_groups  k of them, fewer than n_groups, tested together in each fold
    valid_share    share of a fold's training times that validates it, the last of them
    vault_start    ISO date, `last N bars` or null; bars from then on are outside every fold, metric and report

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 12.
    """

    n_groups: Annotated[int, Ge(2)]
    n_test_groups: Annotated[int, Ge(1)]
    valid_share: Annotated[float, Gt(0), Lt(1)]
    vault_start: str | None

    remedy: ClassVar[str] = "lower split.n_groups or split.n_test_groups, change split.valid_share"

    @property
    def n_paths(self) -> int:
        """phi, the number of paths."""
        return math.comb(self.n_groups - 1, self.n_test_groups - 1)

    def problems(self) -> Iterator[Problem]:
        n_folds = math.comb(self.n_groups, self.n_test_groups)
        if self.n_test_groups >= self.n_groups:
            message = f"{self.n_test_groups} test groups of {self.n_groups} leave nothing to train on"
            yield Problem("n_test_groups", message, "lower it, or raise split.n_groups")
        elif n_folds > MOST_FOLDS:
            message = f"{self.n_test_groups} test groups of {self.n_groups} are {n_folds} folds, at most {MOST_FOLDS}"
            yield Problem("n_groups", message, "lower it or split.n_test_groups")

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        total, n = len(decision_times_T), self.n_groups
        edges = [round(total * place / n) for place in range(n + 1)]
        groups = list(itertools.pairwise(edges))
        if total < 2 * n:
            raise DataError(
                f"split: {total} decision times are too few for split.n_groups={n}: every group needs two or more; "
                "give more bars or lower split.n_groups"
            )
        tested_G, spans = [0] * n, []
        for chosen in itertools.combinations(range(n), self.n_test_groups):
            for group in chosen:
                tested_G[group] += 1
            train, valid = _divided([groups[g] for g in range(n) if g not in chosen], self.valid_share)
            spans.append(
                Span(
                    train=tuple(interval(decision_times_T, *part) for part in train),
                    valid=tuple(interval(decision_times_T, *part) for part in valid),
                    test=tuple(interval(decision_times_T, *groups[g]) for g in chosen),
                    paths=tuple(tested_G[g] for g in chosen),
                )
            )
        return tuple(spans)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base = {"valid_share": 0.1, "vault_start": None}
        return (
            base | {"n_groups": 4, "n_test_groups": 1},
            base | {"n_groups": 5, "n_test_groups": 2},
        )


def _divided(parts: Positions, valid_share: float) -> tuple[Positions, Positions]:
    """Training and validation stretches: the last times of the parts validate, at least one time, never all."""
    total = sum(end - begin for begin, end in parts)
    left = min(max(1, round(total * valid_share)), total - 1)
    train: Positions = []
    valid: Positions = []
    for begin, end in reversed(_merged(parts)):
        cut = max(begin, end - left)
        if cut < end:
            valid.insert(0, (cut, end))
        if begin < cut:
            train.insert(0, (begin, cut))
        left -= end - cut
    return train, valid


def _merged(parts: Positions) -> Positions:
    """Stretches that touch become one."""
    merged: Positions = []
    for begin, end in parts:
        if merged and merged[-1][1] == begin:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return merged
