"""Every command that the README names is run, in the README's order, by the installed wheel in a folder of its own."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.data.bundled import Bundled
from harness import ended, environment, in_fork

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
RUNNER = "python -m runner "
# What stands for something of the reader's, and options that may be left out.
PLACEHOLDERS = {"RUN": "latest", "NAME": "sp500_volatility"}
OPTIONAL = re.compile(r' \[--as champion --override "reason"\]| \[NAME\[@VERSION\]\]')
# What a reader has done before.
BEFORE = {
    "promote": (
        "+experiment=sp500_volatility tracking=none",
        "+experiment=sp500_volatility tracking=none calibration=conformal",
    ),
    "rollback": tuple(
        command
        for choice in ("model=ridge", "calibration=conformal")
        for command in (
            f"+experiment=sp500_volatility tracking=none export=never {choice}",
            'promote latest --as champion --override "the desk decides"',
        )
    ),
}


def blocks(language: str = "") -> list[str]:
    """What stands in the fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.M | re.S)
    return [text for name, text in fenced if name == language]


def commands() -> Iterator[str]:
    """What follows `python -m runner` in blocks and in running text, in order, without comments."""
    for block, inline in re.findall(rf"^{RUNNER}(.*)$|`{RUNNER}([^`]+)`", README, flags=re.M):
        text = OPTIONAL.sub("", block.partition("  #")[0].rstrip() or inline)
        searches = "sweep.trials=" in text or "+sweep=lightgbm" in text
        text += " sweep.trials=2" if searches else ""  # a whole search takes minutes
        yield re.sub(r"\b(RUN|NAME)\b", lambda found: PLACEHOLDERS[found[0]], text)


def test_blocks_hold_nothing_else() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M)
    for line in "".join(blocks()).splitlines():
        assert line.startswith(RUNNER) or line.split()[:2] in [["make", target] for target in targets], line
    assert len(list(commands())) > 20


def write_tables(folder: Path) -> None:
    bars = Bundled(dataset="sp500").load().to_frame().rename(columns={"timestamp": "date"}).drop(columns="symbol")
    bars.to_csv(folder / "bars.csv", index=False)
    bars.tail(1000).to_csv(folder / "data.csv", index=False)
    claimed = bars["close"].pct_change().rolling(5).mean().fillna(0)
    forecasts = pd.DataFrame({"symbol": "bars", "made_at": bars["date"], "horizon": 1, "mean": claimed})
    forecasts.to_parquet(folder / "forecasts.parquet", index=False)
    returns = pd.DataFrame(np.random.default_rng(0).normal(5e-4, 0.01, (1000, 20)), index=bars["date"].tail(1000))
    returns.to_csv(folder / "all_trials.csv")
    returns[[0]].to_csv(folder / "returns.csv")


@pytest.mark.slow
def test_every_command_runs(programs: Path, tmp_path: Path) -> None:
    write_tables(tmp_path)
    for command in commands():
        if command.startswith("fetch "):
            continue  # asks a vendor on the net: tests/unit/runner/fetching asks servers of its own
        for text in (*BEFORE.get(command.split()[0], ()), command):
            installed = str(programs / "python")
            process = in_fork(tmp_path, environment(tmp_path), None, *shlex.split(text), python=installed)
            assert process.returncode == 0, (text, process.stdout[-2000:], process.stderr[-2000:])


def test_the_experiment_that_is_shown_is_one(tmp_path: Path) -> None:
    write_tables(tmp_path)
    (shown,) = blocks("yaml")
    (path,) = (tmp_path / name for name in re.findall(r"`(conf/experiment/\w+\.yaml)`", README))
    path.parent.mkdir(parents=True)
    path.write_text(shown)
    process = ended(tmp_path, "check", f"+experiment={path.stem}")
    assert process.returncode == 0, process.stderr
