"""Searches in null worlds, side by side, each kept in the sweep's folder as it ends: nulls/<world>.json.

`python -m runner.sweeps.nulls.kept FOLDER TRIALS` searches what no other process searches.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from runner import exit_codes
from runner.compute import pipeline
from runner.compute.stage import Unseen
from runner.compute.threads import one_thread_of_blas
from runner.specification.places import HERE
from runner.storage.disk import write_atomically
from runner.sweeps.nulls.search import Found, search
from runner.sweeps.nulls.worlds import Bench, refuse, refuse_unchanged
from runner.sweeps.opened import Opened, opened_again

NULLS = "nulls"

Asked = Callable[[], bool]


def new_bench() -> Bench:
    """Beside the store of this place, where the real bars lie."""
    return Bench(real=pipeline.open_cache(HERE, Unseen()))


def refuse_kinds(points: Sequence[Sequence[str]]) -> None:
    """Raises ConfigError where some target of a space has no null, as far as that is known without bars."""
    bench = new_bench()
    for point in _of_other_targets(points):
        refuse(bench.experiment(point))


def refuse_points(points: Sequence[Sequence[str]]) -> None:
    """The same by the bars too."""
    bench = new_bench()
    for point in _of_other_targets(points):
        refuse(bench.experiment(point))
        refuse_unchanged(bench.experiment(point), bench)


def _of_other_targets(points: Sequence[Sequence[str]]) -> Sequence[tuple[str, ...]]:
    """A point for each target and source that they hold."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for point in points:
        found.setdefault(tuple(text for text in point if not text.startswith(("model", "portfolio"))), tuple(point))
    return list(found.values())


def search_all(opened: Opened, trials: int, stop: Asked) -> None:
    """Searches the worlds that are not kept yet, in as many processes as the sweep has workers; ends early where it is
    stopped. trials: of the real search."""
    worlds = opened.settings.null_worlds or 0
    if len(kept(opened, trials)) >= worlds:
        return
    (opened.folder / NULLS).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "runner.sweeps.nulls.kept", str(opened.folder), str(trials), str(worlds)]
    with ExitStack() as ends:
        for _ in range(min(opened.settings.workers, worlds) - 1):
            helper = subprocess.Popen(command)  # noqa: S603  # our own command line
            ends.callback(helper.wait)
            ends.callback(_end, helper, stop)
        work(opened, trials, worlds, stop)
    work(opened, trials, worlds, stop)  # what a process died over


def _end(helper: "subprocess.Popen[bytes]", stop: Asked) -> None:
    """Has a process leave what it searches where the sweep was stopped."""
    if stop():
        helper.terminate()


def work(opened: Opened, trials: int, worlds: int, stop: Asked) -> None:
    """Searches one world after the other, leaving out those that are kept or that another process searches."""
    from filelock import FileLock, Timeout

    bench = new_bench()
    for world in range(1, worlds + 1):
        path = _path(opened, world)
        if stop():
            return
        if _read(path, trials) is not None:
            continue
        try:
            with FileLock(f"{path}.lock", timeout=0), one_thread_of_blas():
                found = None if _read(path, trials) else search(opened, world, trials, bench, stop)
        except Timeout:
            continue  # its process keeps it, or dies over it, and it is searched when the sweep is resumed
        if found is not None:
            write_atomically(path, json.dumps(found.content(), indent=1).encode())


def kept(opened: Opened, trials: int) -> Sequence[Found]:
    """What was found in each world, in order, as far as they are searched: all of them, however many are asked for."""
    found = (_read(_path(opened, world), trials) for world in range(1, last_kept(opened) + 1))
    return [each for each in found if each is not None]


def last_kept(opened: Opened) -> int:
    """The highest number of a world that was ever searched; 0 where none was."""
    return max((int(path.stem) for path in (opened.folder / NULLS).glob("[0-9]*.json")), default=0)


def _path(opened: Opened, world: int) -> Path:
    return opened.folder / NULLS / f"{world:04}.json"


def _read(path: Path, trials: int) -> Found | None:
    """None where it is not there, was cut off, or is of a search of another length."""
    try:
        found = Found(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.trials == trials else None


def main() -> int:
    """A process beside that of the sweep; the first Ctrl-C is that one's business."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    work(opened_again(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]), lambda: bool(asked))
    return exit_codes.RAN


if __name__ == "__main__":
    sys.exit(main())
