"""schema [experiment|SLOT|answers] [--out FILE]: JSON Schema of an experiment file, of a slot's choices, or of answers

`schema` alone is that of conf/experiment/NAME.yaml. An editor with a YAML language server checks and completes a file
whose first lines hold `# yaml-language-server: $schema=PATH`, as `init` writes it.
`schema answers` is the contract for programs: what every verb and every run prints with --json, errors included, and
what the lines of a run's events.jsonl are."""

import json
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner.answer import Answer, said
from runner.verbs import verbs

ANSWER = {"schema": "map: JSON Schema, draft 2020-12", "output": "text or null: the file that was written"}
EXPERIMENT, ANSWERS = "experiment", "answers"


def add_arguments(parser: ArgumentParser) -> None:
    """Of what, and where to."""
    parser.add_argument("what", nargs="?", default=EXPERIMENT, metavar="WHAT", help="default: experiment")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")


def run(options: Namespace) -> Answer:
    """The schema."""
    schema = _schema(options.what)
    text = json.dumps(schema, indent=1)
    if options.out is None:
        return Answer({"schema": schema, "output": None}, said(text))
    from runner.storage.disk import write_atomically

    write_atomically(options.out, f"{text}\n".encode())
    return Answer({"schema": schema, "output": str(options.out)}, said(f"wrote {options.out}"))


def answers() -> dict[str, Any]:
    """Of everything that is printed with --json."""
    from runner.contract import of_answers

    return of_answers({verb: import_module(f"runner.verbs.{verb}").ANSWER for verb in verbs()})


def _schema(what: str) -> dict[str, Any]:
    from runner.composition.check import nearest
    from runner.composition.json_schema import of_experiment, of_slot, slot_names

    if what == ANSWERS:
        return answers()
    if what == EXPERIMENT:
        return of_experiment()
    if what in slot_names():
        return of_slot(what)
    known = (EXPERIMENT, ANSWERS, *slot_names())
    near = nearest(what, known)
    hint = f"did you mean '{near}'?" if near else f"there are {', '.join(known)}"
    fix = (near,) if near else ()
    raise ConfigError(Problem(what, "no such schema", hint, code="not_allowed", value=what, allowed=known, fix=fix))
