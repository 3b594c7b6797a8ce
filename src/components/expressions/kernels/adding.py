"""Sums of stretches, number after number, so that a sum that grows bar by bar has the same bits."""

from components.expressions.kernels import Float, Int


def stretches(values: Float, starts: Int, out: Float) -> None:
    """out[p] is the sum of the values from starts[p] until the next start, or the end."""
    for p in range(len(starts)):
        end = starts[p + 1] if p + 1 < len(starts) else len(values)
        total = values[starts[p]]
        for row in range(starts[p] + 1, end):
            total += values[row]
        out[p] = total
