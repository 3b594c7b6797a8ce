"""list [SLOT]: every component, choice and experiment there is
list runs [--where KEY=VALUE] [--sort KEY]: every run with its level and figures
list bundles: every promoted bundle

KEY is run, experiment, started, state, level, forecast, portfolio, debug, tag, bundle, a slot (its choice) or a figure
(test/r2, sharpe). --where may be given several times: level=candidate, model!=ridge, sharpe>0.5. --sort puts the best
first. Archived runs are listed with --archived."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner.answer import Answer
from runner.composition.check import nearest
from runner.composition.guide import groups, listing
from runner.specification.places import HERE

ANSWER = {
    "groups": "map: slot -> list of name and says of every choice",
    "runs": "list: with runs, of each its fields (see run), tags and notes",
    "bundles": "list: with bundles, of each reference, aliases, level, run, vault, override and folder",
}
BUNDLES, RUNS = "bundles", "runs"
SHOWN = ("run", "experiment", "state", "level", "portfolio")


def add_arguments(parser: ArgumentParser) -> None:
    """All of it, or one slot; of runs, which."""
    add = parser.add_argument
    add("slot", nargs="?", metavar="SLOT", help=f"one of {', '.join((*groups(), RUNS, BUNDLES))}")
    add("--where", action="append", default=[], metavar="KEY=VALUE", help="runs: only those of which this holds")
    add("--experiment", metavar="NAME", help="runs: only those of this experiment")
    add("--sort", metavar="KEY", help="runs: by a figure, the best first, or a field (default: the newest first)")
    add("--reverse", action="store_true", help="runs: the other way round")
    add("--limit", type=int, metavar="N", help="runs: at most so many")
    add("--archived", action="store_true", help="runs: those that were archived")
    add("--outputs", type=Path, default=HERE.outputs, metavar="FOLDER", help="where runs lie (default: outputs)")


def run(options: Namespace) -> Answer:
    """A name and one line on what it is, runs or bundles."""
    slot, known = options.slot, (*groups(), RUNS, BUNDLES)
    if slot == BUNDLES:
        return _bundles()
    if slot == RUNS:
        return _runs(options)
    if slot is not None and slot not in known:
        near = nearest(slot, known)
        hint = f"did you mean '{near}'?" if near else f"slots: {', '.join(known)}"
        fix = (near,) if near else ()
        raise ConfigError(
            Problem(slot, "no such slot", hint, code="unknown_slot", value=slot, allowed=tuple(known), fix=fix)
        )
    found = listing([slot] if slot else groups())

    def show() -> None:
        for group, lines in found.items():
            print(group)
            width = max((len(name) for name, _ in lines), default=0)
            for name, what in lines:
                print(f"  {name:<{width}}  {what}".rstrip())

    content = {group: [{"name": name, "says": says} for name, says in lines] for group, lines in found.items()}
    return Answer({"groups": content}, show)


def _bundles() -> Answer:
    from runner.promotion.verify import bundles, show_versions

    def show() -> None:
        from runner.console import Console

        show_versions(Console(), found)

    found = bundles(HERE.registry)
    return Answer({"bundles": found}, show)


def _runs(options: Namespace) -> Answer:
    from runner.recording.keeping import marks
    from runner.recording.ledger import Ledger
    from runner.report.listed import chosen, ordered, rows

    found = rows(options.outputs, marks(Ledger.open(HERE.ledger)), archived=options.archived)
    named = [f"experiment={options.experiment}"] if options.experiment else []
    found = chosen(found, [*options.where, *named])
    if options.sort:
        found = ordered(found, options.sort, reverse=options.reverse)
    elif options.reverse:
        found = found[::-1]
    found = found[: options.limit]
    following = tuple(f"show {row['run']}" for row in found[:1])
    return Answer({"runs": found}, lambda: _show_runs(found, options), next=following)


def _show_runs(found: list[dict[str, Any]], options: Namespace) -> None:
    from runner.report.listed import value_of
    from runner.report.notation import significant
    from runner.terminal import Terminal

    out = Terminal()
    if not found:
        out.text("No run fits." if options.where or options.experiment else f"No runs in {options.outputs} yet.")
        return
    shown = [options.sort] if options.sort and options.sort not in SHOWN else ["sharpe"]
    cells = []
    for row in found:
        figures = [value_of(row, key) for key in shown]
        texts = [significant(value) if isinstance(value, float) else str(value or "-") for value in figures]
        plain = [str(row[name] or "-") for name in SHOWN]
        cells.append((*plain, *texts, ", ".join(row["tags"]) or "-"))
    out.grid((*SHOWN, *shown, "tags"), cells, right=(len(SHOWN),))
