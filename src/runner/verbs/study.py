"""study FOLDER [--minutes M]: asks a question by many searches, and writes the answer as a page

FOLDER holds study.yaml: title, question, expectation and method, in words; metric, by which trials are chosen on
validation spans and judged elsewhere; always, what stands behind `python -m runner -m` in every search; arms (name:
list of overrides), which are compared with the first of them; cases (the same), each with every arm; draws (setting:
how many values from 0 on), over which arms are averaged; later, overrides under which every trial runs once more on
bars that no choice has read; minutes, after which no search is begun. experiments/ has five.
What is found is added to results.jsonl in FOLDER, a line a search, and README.md and answer.svg are written anew after
each: whoever cuts it off loses nothing that ended, and the same command goes on. --minutes 0 writes the page alone. An
expectation that was changed after results were in is told of on the page.

Its trials are trials as any: they are in outputs/runs, and the ledger counts them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.answer import Answer, said

ANSWER = {
    "folder": "text: of the study",
    "searches": "integer: that the study asks for",
    "found": "integer: of these, how many have a result",
    "answers": "list: sentences that say what was found",
    "page": "text: the file",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which study, and for how long."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds study.yaml")
    parser.add_argument(
        "--minutes", type=float, metavar="M", help="begin no search after M minutes; default: what the study says"
    )


def run(options: Namespace) -> Answer:
    """Runs what is left of it."""
    import sys

    from components.errors import ConfigError, Problem
    from runner.studies.answers import answers
    from runner.studies.conduct import conduct
    from runner.studies.findings import groups
    from runner.studies.page import PAGE
    from runner.studies.study import read_study

    folder: Path = options.folder
    study = read_study(folder)
    minutes: float = study.minutes if options.minutes is None else options.minutes
    if not minutes >= 0:
        raise ConfigError(Problem("--minutes", f"{minutes:g} is not allowed", "must be >= 0"))
    found = conduct(folder, study, minutes, lambda text: print(text, file=sys.stderr, flush=True))
    sentences, cells = answers(study, groups(study, found)), len(study.cells())
    content = {
        "folder": str(folder),
        "searches": cells,
        "found": len(found),
        "answers": sentences,
        "page": str(folder / PAGE),
    }
    left = () if len(found) == cells else (f"study {folder}",)
    lines = (f"{len(found):,} of {cells:,} searches", *sentences, f"Page: {folder / PAGE}")
    return Answer(content, said(*lines), next=left)
