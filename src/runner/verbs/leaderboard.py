"""leaderboard [--market SYMBOL] [--target TEXT]: the best tries on every market and target, by validation

Ranks what the ledger knows as finished, whether or not its folder is still there, by the leading validation figure of
the target, or by --by. Test figures stand beside it and rank nothing: --by test/r2 does so, and says what that means.
Deflated is the confidence that a try's Sharpe ratio exceeds what the best of all tries on its market would reach by
luck; tries counts them all, whatever they forecast and however they ended."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import ConfigError
from runner.answer import Answer
from runner.specification.places import HERE

if TYPE_CHECKING:
    from runner.report.leaderboard import Board, Entry

ANSWER = {
    "boards": "list: of each market and target its days, what is ranked by, tries, and entries, best first",
}
VALID = "valid/"


def add_arguments(parser: ArgumentParser) -> None:
    """Which of them."""
    add = parser.add_argument
    add("--market", default="", metavar="SYMBOL", help="only markets with this symbol, or of this source")
    add("--target", default="", metavar="TEXT", help="only targets in whose expression this stands")
    add("--experiment", default="", metavar="NAME", help="only tries of this experiment")
    add("--level", default="", metavar="LEVEL", help="only tries whose run reached this level")
    add("--by", default="", metavar="FIGURE", help="such as valid/r2 (default: the leading one of the target)")
    add("--limit", type=int, default=10, metavar="N", help="at most so many a board (default: 10)")
    add("--outputs", type=Path, default=HERE.outputs, metavar="FOLDER", help="where runs lie (default: outputs)")


def run(options: Namespace) -> Answer:
    """The boards."""
    from runner.recording.keeping import marks
    from runner.recording.ledger import Ledger
    from runner.report.leaderboard import Wanted, boards, looks
    from runner.report.listed import rows

    if options.limit < 1:
        raise ConfigError(f"--limit {options.limit}: must be at least 1")
    names = ("market", "target", "experiment", "level", "by", "limit")
    wanted = Wanted(**{name: getattr(options, name) for name in names})
    ledger = Ledger.open(HERE.ledger)
    found = boards(ledger, rows(options.outputs, marks(ledger)), wanted)
    first = next((entry.run for board in found for entry in board.entries), None)
    following = (f"show {first}",) if first else ()
    notices = looks(wanted)
    content = {"boards": [board.content() for board in found]}
    return Answer(content, lambda: _show(found, notices), next=following, notices=notices)


def _show(found: "Sequence[Board]", notices: Sequence[str]) -> None:
    from runner.terminal import Terminal

    out = Terminal()
    if not found:
        out.text("No finished try fits.")
    for place, board in enumerate(found):
        if place:
            out.text("")
        out.text(f"{board.market} ({board.source}, {board.first} to {board.last}): {board.target}", style="bold")
        out.text(f"{board.listed:,} of {board.tries:,} tries on this market, by {board.by} ({board.label})")
        beside = "test" if board.by.startswith(VALID) else "validation"
        header = ("", "run", "level", board.by, beside, "Sharpe", "deflated", "made")
        cells = [_cells(rank, entry, board) for rank, entry in enumerate(board.entries, start=1)]
        out.grid(header, cells, right=(0, 3, 4, 5, 6))
    for notice in notices:
        out.text("")
        out.text(notice[:1].upper() + notice[1:] + ".")


def _cells(rank: int, entry: "Entry", board: "Board") -> tuple[str, ...]:
    from runner.report.notation import write

    beside = entry.test if board.by.startswith(VALID) else entry.valid
    figures = (write(value, board.style) for value in (entry.value, beside))
    by = f" by {entry.who}" if entry.who else ""
    bundle = f", bundle {entry.bundle}" if entry.bundle else ""
    return (
        str(rank),
        entry.run,
        entry.level or "-",
        *figures,
        write(entry.sharpe, "two decimals"),
        write(entry.deflated, "percent"),
        f"{entry.date}{by}, try {entry.number:,}{bundle}",
    )
