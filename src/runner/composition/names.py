"""Names that a user is free to choose, and that were probably meant to be other ones."""

from collections.abc import Iterator, Sequence
from string import digits


def too_alike(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name, earlier name) of those that are one edit apart: a letter more, less or other, or two exchanged.

    What tells names apart on purpose is none: a digit (har_1, har_2), or a part of one letter (trend_a, trend_b).
    """
    for place, name in enumerate(names):
        for other in names[:place]:
            if _one_edit(name, other) and not _on_purpose(name, other):
                yield name, other


def _one_edit(a: str, b: str) -> bool:
    head = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[head:], b[head:]
    exchanged = len(a) > 1 and len(b) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return a != b and (a[1:] == b[1:] or a[1:] == b or a == b[1:] or exchanged)


def _on_purpose(a: str, b: str) -> bool:
    parts = [name.replace(".", "_").split("_") for name in (a, b)]
    if len(parts[0]) != len(parts[1]):
        return False
    differing = [(x, y) for x, y in zip(*parts, strict=True) if x != y]
    return all(max(len(x), len(y)) <= 1 or x.strip(digits) == y.strip(digits) for x, y in differing)
