"""One split in time: train, validate, test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from components.contracts import Split
from components.errors import DataError
from components.ranges import Gt, Lt
from components.split._spans import span
from components.values import Span, Time


@dataclass(frozen=True, kw_only=True)
class Holdout(Split):
    """One fold: the first train_share of the decision times, then valid_share, the rest is the test.

    train_share, valid_share  shares of the decision times; together below 1
    vault_start               ISO date, `last N bars` or null; bars from then on are outside all else
    """

    train_share: Annotated[float, Gt(0), Lt(1)]
    valid_share: Annotated[float, Gt(0), Lt(1)]
    vault_start: str | None

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        total = len(decision_times_T)
        valid = round(total * self.train_share)
        test = round(total * (self.train_share + self.valid_share))
        if not 0 < valid < test < total:
            raise DataError(
                f"split: {total} decision times cannot be divided into train ({self.train_share:g}), valid "
                f"({self.valid_share:g}) and a test span; give more bars or smaller shares"
            )
        return (span(decision_times_T, train=0, valid=valid, test=test, end=total),)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"train_share": 0.6, "valid_share": 0.2, "vault_start": None},
            {"train_share": 0.5, "valid_share": 0.1, "vault_start": "2015-01-01"},
        )
