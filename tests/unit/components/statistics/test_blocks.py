"""Automatic lengths of blocks, against the published rule written out and a library that has it."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from components.statistics.blocks import block_lengths


def autoregressive(persistence: float, seed: int, rows: int = 2000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return lfilter([1], [1, -persistence], rng.normal(size=rows))


def slow(x_T: np.ndarray) -> float:
    """The rule as it is written: Patton, Politis & White 2009, p. 374."""
    n, centred = len(x_T), x_T - x_T.mean()
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = math.ceil(math.sqrt(n)) + quiet
    g = [float(centred[k:] @ centred[: n - k]) / n for k in range(most + 1)]
    bound = 2 * math.sqrt(math.log10(n) / n)
    silent = [m for m in range(most - quiet + 1) if all(abs(g[m + k] / g[0]) < bound for k in range(1, quiet + 1))]
    reach = min(2 * max(silent[0], 1), most) if silent else most

    def window(k: int) -> float:
        return min(1.0, 2 * (1 - k / reach))

    slope = 2 * sum(window(k) * k * g[k] for k in range(1, reach + 1))
    long_run = g[0] + 2 * sum(window(k) * g[k] for k in range(1, reach + 1))
    b = (2 * slope**2 / (4 / 3 * long_run**2)) ** (1 / 3) * n ** (1 / 3)
    return min(max(b, 1.0), 3 * math.sqrt(n), n / 3)


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.7, 0.9, -0.5])
@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_of_the_rule_written_out(persistence: float, seed: int) -> None:
    x_T = autoregressive(persistence, seed)
    assert block_lengths(x_T[:, None])[0] == pytest.approx(slow(x_T), rel=1e-6)


@pytest.mark.slow
def test_they_are_near_those_of_arch() -> None:  # which counts one lag more
    from arch.bootstrap import optimal_block_length

    for persistence in (0.3, 0.7, 0.9):
        x_T = autoregressive(persistence, 0)
        expected = float(optimal_block_length(x_T)["circular"].iloc[0])
        assert block_lengths(x_T[:, None])[0] == pytest.approx(expected, rel=0.1)


def test_many_at_once_are_each_alone() -> None:
    x_TK = np.column_stack([autoregressive(p, 7) for p in (0.0, 0.5, 0.9)])
    assert block_lengths(x_TK) == pytest.approx([block_lengths(x_TK[:, [i]])[0] for i in range(3)])


def test_longer_dependence_makes_longer_blocks() -> None:
    lengths = [np.mean([block_lengths(autoregressive(p, s)[:, None])[0] for s in range(5)]) for p in (0.0, 0.5, 0.9)]
    assert lengths[0] < lengths[1] < lengths[2]


def test_what_does_not_vary_and_what_is_short_has_blocks_of_one() -> None:
    assert block_lengths(np.full((100, 2), 0.1)).tolist() == [1, 1]
    assert block_lengths(np.zeros((3, 1))).tolist() == [1]
