"""Where the command line speaks: colours on a terminal, elsewhere plain lines of at most 100 columns."""

import sys
import textwrap
from collections.abc import Collection, Sequence
from typing import TextIO

from rich import box
from rich.console import Console as RichConsole
from rich.table import Table as RichTable
from rich.text import Text

PLAIN_WIDTH = 100
GAP = 3
"""Between columns of a grid."""


class Terminal:
    """Where a verb says what it found."""

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = stream or sys.stdout
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a narrow encoding must not end a command
        self._rich = RichConsole(file=stream, force_jupyter=False, highlight=False, markup=False, emoji=False)
        if not self._rich.is_terminal:
            self._rich.width = PLAIN_WIDTH

    def text(self, text: str, *, style: str = "") -> None:
        """A paragraph."""
        self._rich.print(Text(textwrap.fill(text, width=self._rich.width, break_on_hyphens=False), style=style))

    def item(self, bullet: str, text: str, *, style: str = "") -> None:
        """A bullet, which carries the style, and a text that wraps below it."""
        lines = textwrap.wrap(
            f"{bullet} {text}", width=self._rich.width, subsequent_indent="    ", break_on_hyphens=False
        )
        shown = Text("\n".join(lines))
        shown.stylize(style, 0, len(bullet))
        self._rich.print(shown, soft_wrap=True)

    def grid(self, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """A table; right: columns whose cells end at the right; the last column wraps. Numbers are not cut: of columns
        at the right those that do not fit are left out, the last ones first, and a line says so."""
        kept = fitting([header, *rows], self._rich.width, right, wraps=len(header) - 1, apart=GAP)
        dropped = [word for i, word in enumerate(header) if i not in kept]
        header, right = [header[i] for i in kept], [place for place, i in enumerate(kept) if i in right]
        rows = [[row[i] for i in kept] for row in rows]
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
        last = len(header) - 1
        for i, word in enumerate(header):
            shown.add_column(
                word,
                justify="right" if i in right else "left",
                no_wrap=i != last,
                overflow="fold" if i == last else "ellipsis",
            )
        for row in rows:
            shown.add_row(*(Text(cell) for cell in row))
        self._rich.print(shown)
        if dropped:
            self.text(narrow(dropped))


def fitting(
    rows: Sequence[Sequence[str]], width: int, numbers: Collection[int], *, wraps: int, apart: int
) -> list[int]:
    """Columns that fit into a width, the last of the numbers left out first. wraps: the column that wraps at spaces,
    whose longest word gets half of the width at most; apart: what lies between columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    longest = max((len(word) for row in rows for word in row[wraps].split()), default=0)
    widths[wraps] = min(longest, width // 2)
    kept = list(range(len(widths)))
    for number in sorted(set(numbers) - {0, wraps}, reverse=True):
        if sum(widths[i] for i in kept) + apart * (len(kept) - 1) <= width:
            break
        kept.remove(number)
    return kept


def narrow(left_out: Sequence[str]) -> str:
    """What a table says that has no room for some of its columns."""
    shows = f"a wider terminal, or --json, shows {'it' if len(left_out) == 1 else 'them'}"
    return f"Too narrow for {', '.join(left_out)}: {shows}."
