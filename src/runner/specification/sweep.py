"""`sweep.*`: how a space is searched."""

import os
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from components.errors import ConfigError, Problem
from components.ranges import Ge, Gt

Pruning = Literal["none", "wilcoxon", "median", "hyperband"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """
    search       how the next point is chosen, a file of sweeps/searches; null: every combination, or tpe where
                 sweep.trials says how many points there are
    trials       most trials; null: every combination
    objectives   validation metrics such as valid/r2, most important first; null: the leading one of the target
    prune        none; or how a trial is found whose first folds are worse than others': wilcoxon, median, hyperband
    seed         of the search; trials keep that of their experiment
    workers      processes that run trials side by side, on this machine
    minutes      after which no further trial is begun, those before a resume included; null: no limit
    fail_fast    no further trial is begun after one that failed
    null_worlds  the whole search again on so many worlds in which nothing foretells the direction of a move, and where
                 the best trial ranks among theirs; with sweep.resume also afterwards; null: none
    plan         compose and check only, run one point on a small part of the data, and say what the sweep will take
    resume       folder of a sweep that was cut off, or latest; its space and settings are used
    storage_env  environment variable with the SQLAlchemy URL of the study; null: a file in the sweep's folder
    constraints  bounds on validation metrics, such as "valid/mae<=0.5", that the best trial keeps; null: none
    warm_start   earlier trials of the ledger that the search begins with, the newest so many, or true: all of the same
                 market whose settings lie in the space; they are not run again
    by           symbol: a search of its own for every symbol; null: one for all
    processor_hours  of all workers together, after which no further trial is begun, resumed or not; null: no limit
    judged       how many of the best trials are judged by every gate at the end and have a report; the others are by
                 the gates that read forecasts and returns, until report, show or promote asks for one
    """

    search: str | None = None
    trials: Annotated[int, Ge(1)] | None = None
    objectives: tuple[str, ...] | None = None
    prune: Pruning = "none"
    seed: Annotated[int, Ge(0)] = 0
    workers: Annotated[int, Ge(1)] = 1
    minutes: Annotated[float, Gt(0)] | None = None
    fail_fast: bool = False
    null_worlds: Annotated[int, Ge(1)] | None = None
    plan: bool = False
    resume: str | None = None
    storage_env: str | None = None
    constraints: tuple[str, ...] | None = None
    warm_start: bool | Annotated[int, Ge(1)] = False
    by: Literal["symbol"] | None = None
    processor_hours: Annotated[float, Gt(0)] | None = None
    judged: Annotated[int, Ge(0)] = 3

    def storage(self) -> str | None:
        """The URL. Raises ConfigError where the variable is not set."""
        if self.storage_env is None:
            return None
        url = os.environ.get(self.storage_env)
        if not url:
            raise ConfigError(
                Problem("sweep.storage_env", f"{self.storage_env} is not set", "export it, as a SQLAlchemy URL")
            )
        return url

    def content(self) -> dict[str, Any]:
        return asdict(self)
