"""completion bash|zsh|fish: print what makes a shell complete verbs, flags, choices, settings, experiments and runs

For bash: eval "$(python -m runner completion bash)", once, or in ~/.bashrc. It completes `assay` and, in bash, also
`python -m runner`."""

import os
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from importlib import import_module

from components.errors import ConfigError, Problem
from runner.answer import Answer, said
from runner.completion import SHELLS, TYPED, candidates
from runner.verbs import verbs

ANSWER = {"script": "text: for the shell", "candidates": "list: with --candidates, what a word may become"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which shell; what the shell itself asks is not for readers."""
    parser.add_argument("shell", nargs="?", metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
    parser.add_argument("--candidates", action="store_true", help=SUPPRESS)


def run(options: Namespace) -> Answer:
    """The script, or what a word may become."""
    if options.candidates:
        word, *typed = os.environ.get(TYPED, "").split("\n")
        found = candidates(typed, word, verbs(), _actions)
        return Answer({"candidates": found}, said(*found))
    if options.shell not in SHELLS:
        known = ", ".join(SHELLS)
        written = options.shell or "nothing"
        message = f"{written} is no shell that is known"
        raise ConfigError(
            Problem("completion", message, f"name one of {known}", code="not_allowed", allowed=tuple(SHELLS))
        )
    script = SHELLS[options.shell]
    return Answer({"script": script}, said(script.rstrip()))


def _actions(verb: str) -> list[Action]:
    parser = ArgumentParser()
    import_module(f"runner.verbs.{verb}").add_arguments(parser)
    return parser._actions
