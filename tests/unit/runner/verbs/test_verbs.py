"""Every verb speaks for itself: it is found by its file, described by its docstring, and mistakes are one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli import help_text, main
from runner.verbs import described, verbs

GREET = '''"""greet NAME: say hello"""

from runner.answer import Answer, said

ANSWER = {"hello": "text: who is greeted"}


def add_arguments(parser):
    parser.add_argument("name")


def run(options):
    return Answer({"hello": options.name}, said(f"hello {options.name}"))
'''
ASSAY = Path(sys.modules["runner.verbs"].__file__ or "").parents[1]


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_says_how_it_is_called_and_what_it_does(verb: str) -> None:
    ways, _ = described(verb)
    for usage, says in ways:
        assert usage.split()[0] == verb
        assert says
        assert not says.endswith(".")
        assert usage in help_text()
        assert says in help_text()


@pytest.mark.parametrize("verb", verbs())
def test_the_help_of_a_verb_shows_its_docstring(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert f"python -m runner {verb}" in shown
    assert described(verb)[1] in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["promote"], "promote: the following arguments are required: run; see python -m runner promote --help"),
        (
            ["promote", "latest", "--as", "king"],
            "promote: argument --as: invalid choice: 'king' (choose from 'champion', 'challenger', 'candidate'); "
            "see python -m runner promote --help",
        ),
        (
            ["deflate", "r.csv", "--trials", "many"],
            "deflate: argument --trials: invalid int value: 'many'; see python -m runner deflate --help",
        ),
        (["verify", "--jsno"], "--jsno: unknown flag of verify; did you mean '--json'?"),
        (["rollback", "vol", "now"], "now: one argument too many for rollback; see python -m runner rollback --help"),
    ],
)
def test_wrong_arguments_are_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"{line}\n")


def test_overrides_after_a_flag_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model=ridge", "-m", "seed=1,2,3"]) == 0
    assert capsys.readouterr().out == "ok: 3 points checked\n"


def test_a_file_is_a_verb(tmp_path: Path) -> None:
    """Nothing else has to be told of it."""
    shutil.copytree(ASSAY, tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "runner" / "verbs" / "greet.py").write_text(GREET)
    command = [sys.executable, "-m", "runner"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ASSAY.parent)])}

    def said(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "  greet NAME                 say hello\n" in said("--help")
    assert said("greet", "you") == "hello you\n"
