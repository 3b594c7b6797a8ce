"""Files that nobody can read without guessing: each ends in one line that says where, what, and what to do.

A file is tried by `init`, by a run with `data=files` and by `leaktest --table`; `says` are the parts of the line,
alternatives between bars. Where the bars may also be read with a plain word about them, `told` is that word.
"""

from shapes.bad import binary, lines, numbers, times, values
from shapes.bad.base import Bad

BAD: dict[str, Bad] = {
    **numbers.numbers(),
    **times.times(),
    **lines.structures(),
    **values.values(),
    **binary.formats(),
}
