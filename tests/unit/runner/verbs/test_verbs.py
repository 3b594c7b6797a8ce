"""Every verb speaks for itself: it is found by its file, described by its docstring, and mistakes are one line."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import assay
from runner.answer import ENVELOPE, ERROR
from runner.cli import help_text, main
from runner.contract import field_of
from runner.verbs import described, verbs

GREET = '''"""greet NAME: say hello"""

from runner.answer import Answer, said

ANSWER = {"hello": "text: who is greeted"}


def add_arguments(parser):
    parser.add_argument("name")


def run(options):
    print("while it works")
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


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_tells_what_its_answer_holds(verb: str) -> None:
    fields = import_module(f"runner.verbs.{verb}").ANSWER
    assert fields
    assert not fields.keys() & ENVELOPE.keys()
    for name, says in fields.items():
        assert field_of(says)["description"], name


@pytest.mark.parametrize("verb", verbs())
def test_of_a_mistake_every_verb_tells_the_same_fields(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON alone on stdout, one line on stderr."""
    assert main([verb, "--jsno=1", "--json"]) == 2
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["assay"], found["verb"], found["exit_code"]) == (1, verb, 2)
    (error,) = found["errors"]
    assert error.keys() == ERROR.keys()
    assert error["code"] in ("unknown_flag", "missing_argument")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("verb", verbs())
def test_the_help_of_a_verb_can_be_read_by_a_program(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [way["usage"] for way in found["ways"]] == [usage for usage, _ in described(verb)[0]]
    assert {"--json", "--quiet", "--verbose"} <= {flag for each in found["arguments"] for flag in each["flags"]}


def test_what_nobody_foresaw_is_told_in_fields_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.verbs.explain.explained", lambda name: [][int(name)])
    assert main(["explain", "1", "--json"]) == 1
    captured = capsys.readouterr()
    (error,) = json.loads(captured.out)["errors"]
    assert (error["code"], error["message"]) == ("unforeseen", "IndexError: list index out of range")
    assert "Traceback" in captured.err


def test_that_it_was_interrupted_is_told_in_fields_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str) -> list[str]:
        raise KeyboardInterrupt(name)

    monkeypatch.setattr("runner.verbs.explain.explained", interrupted)
    assert main(["explain", "ridge", "--json"]) == 130
    captured = capsys.readouterr()
    (error,) = json.loads(captured.out)["errors"]
    assert (error["code"], error.keys(), captured.err) == ("interrupted", ERROR.keys(), "interrupted\n")


def test_a_stack_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rigde", "-v"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Traceback")
    assert "did you mean 'ridge'?" in captured.err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"assay {assay.__version__}\n"
    assert main(["--version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == assay.__version__


def test_an_address_with_a_secret_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "data.url=https://user:hush@host.org/x", "model=rigde", "--json"])
    captured = capsys.readouterr()
    assert "rigde" in captured.out
    assert "hush" not in captured.out + captured.err


def test_overrides_after_a_flag_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model=ridge", "-m", "seed=1,2,3"]) == 0
    assert capsys.readouterr().out == "ok: 3 points checked\n"


def test_a_file_is_a_verb(tmp_path: Path) -> None:
    """Nothing else has to be told of it."""
    shutil.copytree(ASSAY, tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "runner" / "verbs" / "greet.py").write_text(GREET)
    command = [sys.executable, "-m", "runner"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ASSAY.parent)])}

    def said(*arguments: str) -> tuple[str, str]:
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout, done.stderr

    assert "  greet NAME                 say hello\n" in said("--help")[0]
    assert said("greet", "you") == ("hello you\n", "while it works\n")
    assert said("greet", "you", "-q") == ("hello you\n", "")
    found, talk = said("greet", "--json", "you")
    assert json.loads(found) == {
        **{"assay": 1, "verb": "greet", "exit_code": 0, "hello": "you"},
        **{"notices": [], "errors": [], "next": []},
    }
    assert talk == "while it works\n"
