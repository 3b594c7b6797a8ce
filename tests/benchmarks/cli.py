"""Time that commands take beside their computation, interpreter start included, with 150 components and 150
files of configuration more than the shipped ones, in an empty folder with a cache and a ledger of its own.

Run: python tests/benchmarks/cli.py; prints one JSON line per figure: seconds on the clock and of the processor
(user and system), medians of five after one to warm up. bar: most seconds on the clock of an idle machine; ok:
they are below it. Another checkout is measured by PYTHONPATH=.../src.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

N_DUMMIES = 150
DUMMY = '''"""A component that nobody names."""

from dataclasses import dataclass
from typing import Annotated

from components.ranges import Gt

from components.model.ridge import Ridge


@dataclass(frozen=True, kw_only=True)
class Dummy{number}(Ridge):
    """Shrinks as ridge does.

    level  of nothing
    """

    level: Annotated[float, Gt(0)]
'''
CHOICE = "_target_: dummies.dummy_{number}.Dummy{number}\npenalty: 1.0\nlevel: 1.0\n"
EXPERIMENT = "+experiment=sp500_volatility"
BARS = {
    "check": (["check", EXPERIMENT], 0.5),
    "check_bad": (["check", EXPERIMENT, "model.lerning_rate=1", "seed=-1"], 1.0),
    "cached_run": ([EXPERIMENT], 1.2),
}
TRIAL_BAR = 0.7
HELP_RATIO = 3.0
REPEATS = 5


def timed(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor of one process; what it left running ends first, uncounted."""
    environment = os.environ | {
        "ASSAY_LEDGER": str(folder / "ledger.sqlite"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "OMP_WAIT_POLICY": "passive",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled modules
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    while _untold(folder):
        time.sleep(0.1)  # the next one is not to be measured beside it
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _untold(folder: Path) -> bool:
    """Whether a process still tells W&B of runs that ended."""
    ended = sum(1 for path in folder.glob("outputs/runs/*/*/manifest.json"))
    noted = folder / "outputs" / "tracking" / "delivered.jsonl"
    return ended > (noted.read_bytes().count(b"\n") if noted.is_file() else 0)


def median(arguments: list[str], folder: Path) -> tuple[float, float]:
    timed(arguments, folder)
    walls, processor = zip(*(timed(arguments, folder) for _ in range(REPEATS)), strict=True)
    return statistics.median(walls), statistics.median(processor)


def trial(folder: Path) -> tuple[float, float]:
    """One more ridge trial in a sweep, everything that trials share taken off: (twelve trials - two) / 10."""
    runs = []
    for start, count in ((1, 2), (3, 2), (100, 12)):  # the first only fills the cache
        space = ",".join(str(penalty) for penalty in range(start, start + count))
        runs.append(timed(["-m", "runner", "-m", EXPERIMENT, "model=ridge", f"model.penalty={space}"], folder))
    few, many = runs[1:]
    return (many[0] - few[0]) / 10, (many[1] - few[1]) / 10


def line(name: str, measured: tuple[float, float], bar: float) -> None:
    wall, processor = measured
    values = {"value": round(wall, 4), "processor": round(processor, 4), "unit": "s", "bar": round(bar, 4)}
    print(json.dumps({"name": name, **values, "ok": wall <= bar}), flush=True)


def furnish(folder: Path) -> None:
    package, choices = folder / "dummies", folder / "conf" / "model"
    package.mkdir()
    choices.mkdir(parents=True)
    (package / "__init__.py").touch()
    (folder / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["dummies"]\n')
    for number in range(N_DUMMIES):
        (package / f"dummy_{number}.py").write_text(DUMMY.replace("{number}", str(number)))
        (choices / f"dummy_{number}.yaml").write_text(CHOICE.replace("{number}", str(number)))


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        furnish(folder)
        alone = median(["-c", "pass"], folder)
        line("python", alone, alone[0])
        line("help", median(["-m", "runner", "--help"], folder), HELP_RATIO * alone[0])
        for command, (arguments, bar) in BARS.items():
            line(command, median(["-m", "runner", *arguments], folder), bar)
        line("trial", trial(folder), TRIAL_BAR)


if __name__ == "__main__":
    main()
