"""Walk-forward: fit on the past, score on the next stretch, move on."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Split
from components.errors import DataError
from components.ranges import Ge, Gt, Lt
from components.split._spans import span
from components.values import Span, Time


@dataclass(frozen=True, kw_only=True)
class WalkForward(Split):
    """n folds whose test spans follow each other without a gap up to the vault.

        |---------- train ----------|-- valid --|-- test --|
        |---------- train (expanding) ---------------|-- valid --|-- test --|

    n_folds      test spans of (nearly) equal length
    first_share  share of the decision times before the first test span (train and valid of the first fold)
    valid_share  share of the decision times in each validation span, right before its test span
    times        which decision times are counted. ready: those at which a forecast is possible; all: those of every
                 bar, so that the spans are the same for all sets of features, however far these look back
    window       expanding: train starts at the beginning; rolling: train keeps the first fold's length
    vault_start  ISO date, `last N bars` or null; bars from then on are outside every fold, metric and report
    Purging is done by the runner from the labels' own ends, see `runner.compute.purge`.
    """

    n_folds: Annotated[int, Ge(1)]
    first_share: Annotated[float, Gt(0), Lt(1)]
    valid_share: Annotated[float, Gt(0), Lt(1)]
    times: Literal["ready", "all"]
    window: Literal["expanding", "rolling"]
    vault_start: str | None

    @property
    def counts_every_bar(self) -> bool:
        return self.times == "all"

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        total = len(decision_times_T)
        first = round(total * self.first_share)
        valid = max(1, round(total * self.valid_share))
        train = first - valid
        if train < 1 or total - first < self.n_folds:
            raise DataError(
                f"split: {total} decision times are too few for {self.n_folds} folds after a warm-up: "
                f"{first} of them come before the first test span and {valid} of these are for "
                "validation; give more bars or lower split.valid_share or split.n_folds"
            )
        edges = np.linspace(first, total, self.n_folds + 1).round().astype(int)
        return tuple(
            span(
                decision_times_T,
                train=int(test) - valid - train if self.window == "rolling" else 0,
                valid=int(test) - valid,
                test=int(test),
                end=int(end),
            )
            for test, end in itertools.pairwise(edges)
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base = {"first_share": 0.4, "valid_share": 0.1, "times": "ready", "vault_start": None}
        return (
            base | {"n_folds": 3, "window": "expanding"},
            base | {"n_folds": 5, "times": "all", "window": "rolling"},
        )
