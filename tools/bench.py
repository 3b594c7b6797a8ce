"""Runs the scripts of tests/benchmarks and compares what they say with what was recorded last.

    python tools/bench.py [--record] [SCRIPT ...]

A script prints one JSON line a figure. Its lines of today go to tests/benchmarks/results/SCRIPT.new.json, beside those
recorded in SCRIPT.json; --record puts them in their place. Seconds depend on the machine and are only kept; what is
compared are ratios, which a script measures against something else in the same minute: `ratio` and `share`, where less
is better, and `speedup`, where more is. Exit code 1 where one is worse by more than 15 %.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1] / "tests" / "benchmarks"
RESULTS = SCRIPTS / "results"
TOLERANCE = 0.15
NAMES = ("name", "experiment", "features", "benchmark")
LESS_IS_BETTER = {"ratio": True, "share": True, "speedup": False}

Line = Mapping[str, Any]


def lines_of(output: str) -> list[Line]:
    """The JSON objects among the lines of a script's output."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def ratios(lines: Sequence[Line]) -> dict[str, tuple[float, bool]]:
    """`name, key` -> the ratio, and whether less of it is better."""
    return {
        f"{next(line[name] for name in NAMES if name in line)}, {key}": (float(line[key]), less)
        for line in lines
        for key, less in LESS_IS_BETTER.items()
        if line.get(key) is not None
    }


def worse(before: Sequence[Line], now: Sequence[Line]) -> Iterator[str]:
    """A sentence for every ratio that got worse by more than TOLERANCE."""
    known = ratios(before)
    for name, (value, less) in ratios(now).items():
        if name not in known or min(value, known[name][0]) <= 0:
            continue
        was = known[name][0]
        factor = value / was if less else was / value
        if factor > 1 + TOLERANCE:
            yield f"{name}: {was:g} -> {value:g}, {factor - 1:.0%} worse"


def run(script: Path) -> list[Line]:
    """Its lines. Raises CalledProcessError where it fails; what it complains of goes to stderr."""
    print(f"{script.stem} ...", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, script], check=True, stdout=subprocess.PIPE, text=True)
    return lines_of(done.stdout)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="make today's figures the recorded ones")
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help="names without .py; all by default")
    options = parser.parse_args(arguments)
    RESULTS.mkdir(exist_ok=True)
    n_worse = 0
    for stem in options.scripts or sorted(path.stem for path in SCRIPTS.glob("*.py")):
        lines = run(SCRIPTS / f"{stem}.py")
        recorded, new = RESULTS / f"{stem}.json", RESULTS / f"{stem}.new.json"
        before = json.loads(recorded.read_text()) if recorded.is_file() else []
        text = "[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n"
        (recorded if options.record else new).write_text(text)
        found = [f"{stem}: {sentence}" for sentence in worse(before, lines)]
        n_worse += len(found)
        known = ratios(before).keys() & ratios(lines).keys()
        print("\n".join(found or [f"{stem}: {len(known)} ratios beside recorded ones, none worse"]), flush=True)
    return 1 if n_worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
