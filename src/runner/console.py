"""What a run says on the terminal: its stages as they go, then its figures, gates, verdict and paths."""

import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from runner.recording.run_folder import RunFolder
from runner.report import notation, tables
from runner.report.promotion import judged
from runner.report.words import CANDIDATE, FAILED, HALLMARKED, REJECTED, Words, decisions, words
from runner.terminal import Terminal

STYLES = {
    "passed": "green",
    "failed": "red",
    "not_applicable": "dim",
    "deferred": "dim",
    "pending": "dim",
    HALLMARKED: "bold green",
    CANDIDATE: "bold yellow",
    REJECTED: "bold red",
    FAILED: "bold red",
}
STATUS = {
    "passed": "passed",
    "failed": "FAILED",
    "not_applicable": "not applicable",
    "deferred": "at promotion",
    "pending": "not judged yet",
}
MARKS = {"passed": "✓", "failed": "✗", "not_applicable": "·", "deferred": "…", "pending": "?"}
ASCII_MARKS = {"passed": "+", "failed": "x", "not_applicable": "-", "deferred": "~", "pending": "?"}


QUIET_SECONDS = 10.0
"""Elsewhere than on a terminal, how long nothing is said of a stage's progress."""


@dataclass(kw_only=True)
class Stage:
    """One stage while it runs; `cached` is set by whoever found its result in the store.

    say: tells how far it has come; every_s: at most how often.
    """

    name: str
    say: Callable[[str], None]
    every_s: float
    cached: bool = False
    seconds: float = 0.0
    began: float = field(default_factory=time.perf_counter)
    said: float = field(default_factory=time.perf_counter)

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        """How many of its parts are done, and how long the others will take if they take as long as these."""
        now = time.perf_counter()
        if done < of and now - self.said >= self.every_s:
            self.said = now
            self.say(f"{self.name}: {what} {done} of {of} done, {_left((now - self.began) / done * (of - done))} left")


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class Console(Terminal):
    """Colours and a spinner on a terminal; elsewhere plain lines of at most 100 columns.

    verbose: elsewhere too, every step of a stage has its line.
    """

    def __init__(self, stream: TextIO | None = None, *, verbose: bool = False) -> None:
        super().__init__(stream)
        self._every_s = 0.0 if verbose else QUIET_SECONDS

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Shows that a stage runs; leaves one line with its time, also where it fails."""
        stage = Stage(name=name, say=lambda text: self._timed(text), every_s=self._every_s)
        outcome = "failed"
        try:
            if self._rich.is_terminal:
                with self._rich.status(name) as status:
                    stage.say, stage.every_s = status.update, 0.0
                    yield stage
            else:
                yield stage
            outcome = "cached" if stage.cached else ""
        finally:
            stage.seconds = time.perf_counter() - stage.began
            self._stage_line(stage, outcome)

    def note(self, text: str) -> None:
        """A line that the user must see: a notice, a warning."""
        self._item("note:", text, style="yellow")

    def alarm(self, text: str) -> None:
        """A paragraph in red: what nobody may overlook."""
        self._rich.print(Text("\n".join(textwrap.wrap(text, width=self._rich.width)), "bold red"), soft_wrap=True)

    def say(self, text: str = "") -> None:
        """A text, wrapped to the width."""
        self._rich.print("\n".join(textwrap.wrap(text, width=self._rich.width)), soft_wrap=True)

    def path(self, name: str, path: str) -> None:
        """Where something lies, on a line of its own that is never broken."""
        self._rich.print(Text(f"{name:<7} {path}"), soft_wrap=True)

    def table(self, table: tables.Table) -> None:
        """A table after an empty line; nothing if it has no rows."""
        if not table.rows:
            return
        shown = self._grid(table.header[0])
        for word in table.header[1:]:
            shown.add_column(word, justify="right")
        for row in table.rows:
            cells = [Text(cell, "bold" if i == row.best else "") for i, cell in enumerate(row.cells)]
            shown.add_row(row.label, *cells)
        self._rich.print("", shown, sep="\n")

    def summary(self, run_folder: Path) -> None:
        """Figures, gates, verdict and paths of a finished run, from its folder."""
        run = RunFolder.open(run_folder)
        names = {name.rpartition("/")[2] for name in run.metrics}
        shown = {name for name in names if notation.describe(name).brief}
        brief = {name: value for name, value in run.metrics.items() if name.rpartition("/")[2] in shown}
        self.table(tables.forecast_table(brief))
        if judged(run).get("portfolio") != "none":
            self.table(tables.portfolio_table(brief))
        self._gates(run)
        self._leaks(run)
        for sentence in decisions(run.manifest):
            self._item("Decisions:", sentence)
            self._rich.print()
        self._verdict(words(run.manifest, judged(run)))
        self._paths(run)

    def _stage_line(self, stage: Stage, outcome: str) -> None:
        style = "red" if outcome == "failed" else "cyan"
        self._timed(f"{stage.name:<20} {stage.seconds:7.2f} s", (f"  {outcome}" if outcome else "", style))

    def _timed(self, *parts: str | tuple[str, str]) -> None:
        self._rich.print(Text.assemble((f"[{datetime.now():%H:%M:%S}] ", "dim"), *parts))

    def _gates(self, run: RunFolder) -> None:
        marks = ASCII_MARKS if self._rich.options.ascii_only else MARKS
        shown = self._grid("Gate")
        for word in ("status", "weight"):
            shown.add_column(word)
        for word in ("value", "threshold"):
            shown.add_column(word, justify="right")
        for gate in judged(run)["gates"]:
            status = gate["status"]
            shown.add_row(
                gate["name"],
                Text(f"{marks[status]} {STATUS[status]}", STYLES[status]),
                "required" if gate["required"] else "advisory",
                notation.significant(gate["value"]),
                notation.threshold(gate),
            )
        self._rich.print("", shown, "", sep="\n")

    def _leaks(self, run: RunFolder) -> None:
        """One line: which leak tests were made, and how much they found."""
        if run.leaks is None:
            return
        severities = [finding["severity"] for finding in run.leaks["findings"]]
        counts = [f"{severities.count(word)} {word}" for word in ("leak", "suspect") if word in severities]
        self._item("Leak tests:", f"{', '.join(counts) or 'nothing found'} ({', '.join(run.leaks['tests'])})")
        self._rich.print()

    def _verdict(self, said: Words) -> None:
        self._item(f"{said.word.upper()}:", said.headline, style=STYLES.get(said.word, "bold"), indent=2)
        for line in said.first:
            self._item("!", line, style=STYLES[FAILED])
        for name, text in said.results:
            self._item(f"{name}:", text, indent=2)
        for line in (*said.reasons, said.tries):
            self._item("-", line)
        for line in said.broken:
            self._item("-", line, style=STYLES[FAILED])
        if said.suffices:
            self._rich.print("What would suffice:")
        for line in said.suffices:
            self._item("-", line)
        if said.cautions:
            self._rich.print("Before you trust a figure:")
        for line in said.cautions:
            self._item("-", line, style="yellow")
        self._rich.print()

    def _paths(self, run: RunFolder) -> None:
        report = run.path / "report.html"
        paths = {
            "Run": str(run.path),
            "Report": str(report) if report.exists() else notation.DASH,
            "Bundle": run.manifest.get("bundle") or "not promoted",
        }
        for name, path in paths.items():
            self.path(name, path)

    def _item(self, bullet: str, text: str, *, style: str = "", indent: int | None = None) -> None:
        """A bullet and a text that wraps with a hanging indent, by default below its beginning."""
        hanging = " " * (len(bullet) + 1 if indent is None else indent)
        lines = textwrap.wrap(f"{bullet} {text}", width=self._rich.width, subsequent_indent=hanging)
        shown = Text("\n".join(lines))
        shown.stylize(style, 0, len(bullet))
        self._rich.print(shown, soft_wrap=True)

    @staticmethod
    def _grid(first: str) -> RichTable:
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
        shown.add_column(first)
        return shown
