"""init FILE [--name NAME]: look at a file of bars and write an experiment that runs on it

Looks at a CSV or Parquet file of bars, says what it found, and writes conf/experiment/NAME.yaml, which runs on it.
One line per symbol and time; column names, date format and separators are guessed."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from components.errors import ConfigError, Problem
from runner.answer import Answer, said
from runner.composition.configure import configure
from runner.composition.first_experiment import SCHEMA, default_name, first_experiment
from runner.composition.json_schema import of_experiment
from runner.composition.places import CONFIG
from runner.storage.disk import write_atomically

ANSWER = {
    "experiment": "text: its name",
    "file": "text: what was written",
    "remarks": "list: what was found in the data, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which file, and what the experiment is called."""
    parser.add_argument("file", metavar="FILE", help="CSV or Parquet, one line per symbol and time")
    parser.add_argument("--name", metavar="NAME", help="of the experiment; default: that of the file")
    parser.add_argument("--force", action="store_true", help="write over an experiment of that name")


def run(options: Namespace) -> Answer:
    """Writes the experiment; what was found, and the next commands."""
    name = options.name or default_name(options.file)
    target = Path(CONFIG) / "experiment" / f"{name}.yaml"
    if target.exists() and not options.force:
        hint = "choose another --name, or --force to write it anew"
        raise ConfigError(Problem(str(target), "exists already", hint, code="exists", fix=("--force",)))
    made = first_experiment(options.file)
    write_atomically(target, made.text.encode())
    configure([f"+experiment={name}"])  # what was written passes the check, or the user learns it here
    write_atomically(target.with_name(SCHEMA), json.dumps(of_experiment()).encode())
    lines = (
        f"{options.file}:",
        *(f"  {remark}" for remark in made.remarks),
        f"wrote {target}\n\nNext:\n  python -m runner +experiment={name} debug=fast   # seconds",
        f"  python -m runner +experiment={name}",
    )
    content = {"experiment": name, "file": str(target), "remarks": list(made.remarks)}
    return Answer(content, said(*lines), next=(f"+experiment={name} debug=fast", f"+experiment={name}"))
