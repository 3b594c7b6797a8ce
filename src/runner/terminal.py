"""Where the command line speaks: colours on a terminal, elsewhere plain lines of at most 100 columns."""

import sys
import textwrap
from collections.abc import Sequence
from typing import TextIO

from rich import box
from rich.console import Console as RichConsole
from rich.table import Table as RichTable
from rich.text import Text

PLAIN_WIDTH = 100


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
        """A table; right: columns whose cells end at the right; the last column wraps."""
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
