"""Runs trials of a study until there are no more: `python -m runner.sweeps.worker FOLDER`."""

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from components.errors import AssayError, OutputError
from runner import exit_codes
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.compute.threads import one_thread_of_blas
from runner.job import Bench, run_job
from runner.specification.places import HERE
from runner.sweeps.endings import found, keep, scored
from runner.sweeps.opened import Opened, opened_again
from runner.sweeps.pruning import FoldPruner
from runner.sweeps.stopping import ordered
from runner.sweeps.study import BEAT_SECONDS, Ending, State, Study, StudyTrial, Wait
from runner.sweeps.supervising import RECYCLED, ends_with_its_parent

GROWN = 1 << 30
"""Bytes by which a worker may grow over its third trial before another process takes its place."""

WARM = 3


def work(opened: Opened, memo: Memo, stop: Callable[[], bool]) -> Literal["over", "grown"]:
    """Runs trials one after the other. stop: asked before each.

    Returns whether this is over, or another process should go on since this one has grown too large.

    Raises KeyboardInterrupt where a trial is interrupted; it counts as not begun then.
    """
    study, done, at_first = opened.study(), 0, 0
    with _beating(study), one_thread_of_blas(), Bench.at(HERE) as bench:
        while not stop():
            trial = study.take()
            if trial is None:
                return "over"
            if isinstance(trial, Wait):
                time.sleep(BEAT_SECONDS / 10)
                continue
            ended = found(opened, trial) if trial.again else None
            study.tell(trial.number, ended or run_trial(opened, study, trial, memo, bench))
            done += 1
            if done == WARM:
                gc.freeze()  # what every trial shares need not be looked through after each of them
                at_first = _memory()
            if done > WARM and _memory() > at_first + GROWN:
                return "grown"
    return "over"


def run_trial(opened: Opened, study: Study, trial: StudyTrial, memo: Memo, bench: Bench) -> Ending:
    """One trial. Raises KeyboardInterrupt, and OutputError where nothing can be written: that is no fault of its."""
    overrides = opened.space.overrides(trial.values)
    pruner = FoldPruner(
        kind=opened.settings.prune,
        objective=opened.objectives[0],
        direction=opened.directions[0],
        space=opened.space,
        trial=trial,
        past=[*study.known, *(each for each in study.trials if each.state != "running")],
    )
    began = time.time()
    ending = Ending(state="interrupted", code=exit_codes.INTERRUPTED)

    def failed(state: State, code: int, says: str) -> Ending:
        print(says, file=sys.stderr)
        return Ending(state=state, code=code, says=says, scores=tuple(pruner.scores), seconds=_since(began))

    try:
        sweep = {"name": opened.name, "trial": trial.number}
        code, folder = _run(overrides, sweep, memo, pruner, bench)
        ending = scored(opened, folder, code, pruner.scores, _since(began))
    except OutputError:
        raise
    except AssayError as error:
        ending = failed("refused", exit_codes.of_error(error), str(error))
    except MemoryError as error:
        ending = failed("memory", exit_codes.UNFORESEEN, f"MemoryError: {error}")
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        ending = failed("failed", exit_codes.UNFORESEEN, f"{type(error).__name__}: {error}")
    finally:
        keep(opened, trial.number, overrides, ending)
    return ending


def _run(
    overrides: tuple[str, ...], sweep: Mapping[str, Any], memo: Memo, pruner: FoldPruner, bench: Bench
) -> tuple[int, Path]:
    from runner.console import Console

    experiment, composed = configure(overrides, memo=memo)
    memo.points.pop(overrides, None)  # no point comes twice, and a search has no end of them
    experiment = replace(experiment, resources=replace(experiment.resources, workers=1))
    outcome = run_job(experiment, composed, Console(), bench, sweep=sweep, pruner=pruner)
    return outcome.exit_code, outcome.folder


def _since(began: float) -> float:
    return round(time.time() - began, 3)


@contextmanager
def _beating(study: Study) -> Iterator[None]:
    """Shows at intervals that this process lives, while a trial runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            study.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _memory() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def main() -> int:
    """A worker of a sweep that another process supervises; Ctrl-C is told by the sweep's folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    with redirect_stdout(sys.stderr), ends_with_its_parent():  # what a trial says is talk; the answer is the sweep's
        try:
            how = work(opened_again(folder), Memo(), lambda: ordered(folder) is not None)
        except KeyboardInterrupt:
            return exit_codes.INTERRUPTED
        except AssayError as error:
            print(error, file=sys.stderr)
            return exit_codes.of_error(error)
    return RECYCLED if how == "grown" else exit_codes.RAN


if __name__ == "__main__":
    sys.exit(main())
