"""Honest files with one peculiarity each: every one says clearly what it means, and is read."""

from shapes.odd import binary, lines, names, numbers, times
from shapes.truth import Shape

ODD: dict[str, Shape] = {**numbers.SHAPES, **names.SHAPES, **times.SHAPES, **lines.SHAPES, **binary.SHAPES}
MAY_ASK = frozenset(
    {
        *("lines: names in French", "lines: names in Spanish", "lines: names in Italian"),
        *("number: yen without decimals", "number: won before"),
    }
)
"""Where a question is as good as an answer."""
NOT_BY_LEAKTEST = frozenset({"lines: an exact repetition of a line"})
"""It keeps no policy for defects: whoever examines a table has bars once."""
