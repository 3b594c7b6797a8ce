"""init FILES [--close COLUMN] [SETTING=VALUE]: look at bars and write an experiment that runs on them

Looks at a file of bars, a folder or a pattern such as 'bars/*.csv', says what it took for what and why, and writes
conf/experiment/NAME.yaml, which runs on it. Where the data can be read in several ways, it asks instead (exit code 3)
and names what chooses. SETTING=VALUE is any setting of data=files or of quality, such as data.date_format=%d/%m/%Y or
quality.ohlc=drop."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.errors import ConfigError, Problem
from components.tables.meaning import Said
from runner.answer import Answer, said
from runner.composition.configure import configure
from runner.composition.first_experiment import SCHEMA, default_name, first_experiment, is_value
from runner.composition.json_schema import of_experiment
from runner.composition.places import CONFIG
from runner.composition.reading import settings_of
from runner.composition.rules import NAME
from runner.storage.disk import write_atomically

COLUMNS = {
    "close": "that holds the price; default: the one that is called so",
    "volume": "that holds the volume",
    "time": "that says when a bar was",
    "symbol": "that holds the symbols",
}
ANSWER = {
    "experiment": "text: its name",
    "file": "text: what was written",
    "remarks": "list: what was found in the data, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which files, what their columns mean, and what the experiment is called."""
    parser.add_argument("file", metavar="FILES", help="a file, a folder or a pattern, one line per symbol and time")
    parser.add_argument("settings", metavar="SETTING=VALUE", nargs="*", help="data.KEY=VALUE or quality.KEY=VALUE")
    for role, says in COLUMNS.items():
        parser.add_argument(f"--{role}", metavar="COLUMN", help=f"the column {says}")
    parser.add_argument("--name", metavar="NAME", help="of the experiment; default: that of the file")
    parser.add_argument("--force", action="store_true", help="write over an experiment of that name")


def run(options: Namespace) -> Answer:
    """Writes the experiment; what was found, and the next commands."""
    name = default_name(options.file) if options.name is None else options.name
    if not NAME.fullmatch(str(name)):
        message = f"{name!r} is not allowed; must be letters, digits, dot, dash and underscore, at most 100"
        raise ConfigError(Problem("--name", message, "begin with a letter or digit", code="name", value=name))
    if is_value(name):
        message = f"'{name}' is read as a number, a truth or nothing where an experiment is named"
        raise ConfigError(Problem("--name", message, "choose another", code="name", value=name))
    settings = settings_of(options.settings, {"data": None, "quality": None})
    target = Path(CONFIG) / "experiment" / f"{name}.yaml"
    if target.exists() and not options.force:
        hint = "choose another --name, or --force to write it anew"
        raise ConfigError(Problem(str(target), "exists already", hint, code="exists", fix=("--force",)))
    columns = {role: getattr(options, role) for role in COLUMNS}
    made = first_experiment(options.file, Said(**columns, settings=settings["data"]), settings["quality"])
    with _kept_if_sound(target):
        write_atomically(target, made.text.encode())
        configure([f"+experiment={name}"])
        write_atomically(target.with_name(SCHEMA), json.dumps(of_experiment()).encode())
    lines = (
        f"{options.file}:",
        *(f"  {remark}" for remark in made.remarks),
        f"wrote {target}\n\nNext:\n  python -m runner +experiment={name} debug=fast   # seconds",
        f"  python -m runner +experiment={name}",
    )
    content = {"experiment": name, "file": str(target), "remarks": list(made.remarks)}
    return Answer(content, said(*lines), next=(f"+experiment={name} debug=fast", f"+experiment={name}"))


@contextmanager
def _kept_if_sound(target: Path) -> Iterator[None]:
    """What is refused leaves nothing: a file that fails its own check is taken back, and so are its new folders."""
    before = target.read_bytes() if target.exists() else None
    folders = [folder for folder in (target.parent, target.parent.parent) if not folder.exists()]
    try:
        yield
    except BaseException:
        if before is None:
            target.unlink(missing_ok=True)
        else:
            write_atomically(target, before)
        for folder in folders:
            folder.rmdir()
        raise
