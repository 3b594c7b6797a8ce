"""Time that the command line takes before anything is computed, interpreter start included.

Run: python tests/benchmarks/cli.py; prints one JSON line per figure. baseline: starting Python alone;
bar: most seconds of the fastest of five, for help three times the baseline; ok: the value is not above it.
"""

import json
import subprocess
import sys
import time

COMMANDS = {
    "help": ["-m", "runner", "--help"],
    "check_good": ["-m", "runner", "check", "+experiment=sp500_volatility"],
    "check_bad": ["-m", "runner", "check", "+experiment=sp500_volatility", "model.lerning_rate=1", "seed=-1"],
}
BAR_SECONDS = 1.0


def fastest(arguments: list[str]) -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    baseline = fastest(["-c", ""])
    for name, arguments in COMMANDS.items():
        value, bar = fastest(arguments), 3 * baseline if name == "help" else BAR_SECONDS
        line = {
            "name": name,
            "value": round(value, 4),
            "unit": "s",
            "baseline": round(baseline, 4),
            "ratio": round(value / baseline, 2),
            "bar": round(bar, 4),
            "ok": value <= bar,
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
