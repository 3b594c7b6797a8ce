"""The best trials of a sweep, which are judged wholly at its end; the others where somebody asks for them."""

import sys
from collections.abc import Sequence
from pathlib import Path

from components.errors import AssayError
from runner.specification.places import HERE
from runner.sweeps.opened import Opened
from runner.sweeps.study import StudyTrial


def judge_best(opened: Opened, trials: Sequence[StudyTrial]) -> None:
    """Judges the best `sweep.judged` of the finished trials by every gate, the best first; they have reports then. One
    that cannot be judged is said on stderr and stays as it is, and the next is judged in its place."""
    left = opened.settings.judged
    for trial in best(opened, trials):
        if left == 0:
            return
        from runner.console import Console
        from runner.whole import judge_wholly

        try:
            judge_wholly(Path(str(trial.run)), Console(sys.stderr), HERE)
            left -= 1
        except AssayError as error:
            print(error, file=sys.stderr)


def beyond(opened: Opened, trial: StudyTrial) -> str:
    """Which constraints a trial does not meet, and by how much; empty where it meets them all."""
    pairs = zip(opened.constraints, trial.violations, strict=False)
    return "; ".join(f"{constraint} is missed by {by:.4g}" for constraint, by in pairs if by > 0)


def best(opened: Opened, trials: Sequence[StudyTrial]) -> list[StudyTrial]:
    """The eligible trials, the best by the first objective first, of equal ones the earlier."""
    eligible = [trial for trial in trials if trial.eligible]
    return sorted(eligible, key=lambda trial: -opened.directions[0] * trial.objectives[0])
