"""Completion: in a real bash, on a line as it is typed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.completion import SHELLS, candidates
from runner.verbs import verbs
from runner.verbs.completion import _actions

ASK = """
source "$1"
while IFS= read -r line; do
    COMP_LINE="$line" COMP_POINT=${#line} COMPREPLY=()
    _assay_complete 2>/dev/null
    echo "${COMPREPLY[*]}" | tr '\\n' ' '
    echo
done
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs, a sweep and an experiment of its own."""
    monkeypatch.chdir(tmp_path)
    for run in ("20200101T000000Z-aa", "20200102T000000Z-bb"):
        (tmp_path / "outputs" / "runs" / "mine" / run).mkdir(parents=True)
        (tmp_path / "outputs" / "runs" / "mine" / run / "manifest.json").write_text("{}")
    (tmp_path / "outputs" / "sweeps" / "20300101T000000Z").mkdir(parents=True)
    (tmp_path / "outputs" / "sweeps" / "20300101T000000Z" / "sweep.json").write_text("{}")
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text("# @package _global_\n")
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("typed", "word", "found"),
    [
        ([], "dem", ["demo"]),
        ([], "+experiment=mi", ["+experiment=mine"]),
        (["+experiment=mine"], "model=ri", ["model=ridge"]),
        (["+experiment=mine", "-q"], "model.learning", ["model.learning_rate="]),
        (["check"], "splitt", []),
        (["check"], "spli", ["split="]),
        (["show"], "20200101", ["20200101T000000Z-aa"]),
        (["show"], "la", ["latest"]),
        (["compare", "latest"], "20", ["20200101T000000Z-aa", "20200102T000000Z-bb", "20300101T000000Z"]),
        (["promote", "latest", "--as"], "ch", ["challenger", "champion"]),
        (["list"], "ru", ["runs"]),
        (["list", "runs", "--experiment"], "mi", ["mine"]),
        (["list", "runs"], "--so", ["--sort"]),
        (["verify"], "--j", ["--json"]),
        (["schema"], "ans", ["answers"]),
        (["explain"], "model/ri", ["model/ridge"]),
        (["completion"], "", ["bash", "fish", "zsh"]),
        (["store"], "g", ["gc"]),
    ],
)
def test_what_may_be_typed_next(typed: Sequence[str], word: str, found: list[str]) -> None:
    assert candidates(typed, word, verbs(), _actions) == found


def test_bash_completes_what_is_typed(place: Path) -> None:
    """Of a word with = or : bash replaces only what follows it."""
    script, bin_ = place / "completion.bash", place / "bin"
    script.write_text(SHELLS["bash"])
    bin_.mkdir()
    # A link would lose the environment that the interpreter belongs to.
    (bin_ / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin_ / "python").chmod(0o755)
    lines = {
        "python -m runner check +experiment=mine model=ri": "ridge",
        "python other.py che": "",
    }
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", ASK, "bash", str(script)]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(command, input=text, cwd=place, env=environment, capture_output=True, text=True, check=True)
    assert [line.strip() for line in done.stdout.splitlines()] == list(lines.values())


def test_zsh_reads_its_script(place: Path) -> None:
    (place / "c.zsh").write_text(SHELLS["zsh"])
    try:
        done = subprocess.run(["zsh", "-n", "c.zsh"], cwd=place, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("zsh is not installed")
    assert (done.returncode, done.stderr) == (0, "")
