"""What cannot be read, before anybody knows in which line it stands."""

from collections.abc import Callable, Sequence


class Unread(Exception):
    """Values that cannot be read, or that can be read in two ways.

    rows: numbers of the rows that show it; says: one sentence in which {0}, {1}, ... are their places; options: where
    several readings are as good, the setting for each.
    """

    def __init__(self, says: str, *rows: int, options: tuple[str, ...] = ()) -> None:
        super().__init__(says)
        self.says, self.rows, self.options = says, rows, options

    def text(self, place: Callable[[int], str]) -> str:
        """The sentence; place: how a reader finds a row, for example "line 7"."""
        return self.says.format(*map(place, self.rows))

    def at(self, rows: Sequence[int]) -> "Unread":
        """The same of values that stand in other rows: value k in row rows[k]."""
        return Unread(self.says, *(rows[row] for row in self.rows), options=self.options)


def verbatim(text: str) -> str:
    """A text as part of a sentence that will be filled in, shortened where it is long."""
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return shown.replace("{", "{{").replace("}", "}}")
