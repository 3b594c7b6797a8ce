"""The family-wise test: which tries are better than nothing, given that there are many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.statistics.stepwise import MIN_BLOCKS, Family, family_test


def noise(seed: int, columns: int = 10, rows: int = 600) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def family(gain_TK: np.ndarray, own: int = 0, **given) -> Family:
    return family_test(gain_TK, own, **{"overlap_bars": 1, "n_draws": 400, "seed": 1, **given})


def slow(gain_TK: np.ndarray, level: float, block: int) -> set[int]:
    """The step-wise test step by step (Romano & Wolf 2005): reject every try whose t exceeds the 1 - level quantile of
    the bootstrapped maximum over the tries still in, until none is rejected. A draw at a time."""
    n_blocks = len(gain_TK) // block
    sums = gain_TK[len(gain_TK) - n_blocks * block :].reshape(n_blocks, block, -1).sum(axis=1)

    def t(of: np.ndarray, centre: np.ndarray) -> np.ndarray:
        return (of.mean(axis=0) - centre) / of.std(axis=0, ddof=1) * np.sqrt(n_blocks)

    rng, centre = np.random.default_rng(0), sums.mean(axis=0)
    luck = np.array([t(sums[rng.integers(n_blocks, size=n_blocks)], centre) for _ in range(2000)])
    own, found = t(sums, np.zeros(sums.shape[1])), set()
    while remaining := sorted(set(range(sums.shape[1])) - found):
        critical = np.quantile(luck[:, remaining].max(axis=1), 1 - level)
        rejected = {i for i in remaining if own[i] > max(critical, 0.0)}
        if not rejected:
            break
        found |= rejected
    return found


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_step_wise_test_step_by_step(seed: int) -> None:
    gain_TK = noise(seed)
    gain_TK[:, :3] += 0.12
    p_K = family(gain_TK, own=0, block_bars=4, n_draws=2000).p_K
    for level in (0.05, 0.2):
        found = slow(gain_TK, level, 4)
        assert {k for k in range(10) if p_K[k] <= level / 2} <= found
        assert found <= {k for k in range(10) if p_K[k] <= level * 2}


def test_the_t_statistic_of_single_bars_is_the_ordinary_one() -> None:
    gain_TK = noise(3)
    ordinary_K = gain_TK.mean(axis=0) / gain_TK.std(axis=0, ddof=1) * np.sqrt(600)
    assert family(gain_TK, block_bars=1).t_K == pytest.approx(ordinary_K)


def test_twins_cost_nothing_and_strangers_something() -> None:
    own_TK = noise(4, 1) + 0.1
    alone = family(own_TK, block_bars=1, n_draws=2000).p_K[0]
    twins = family(np.repeat(own_TK, 40, axis=1), block_bars=1, n_draws=2000).p_K[0]
    strangers = family(np.hstack([own_TK, noise(5, 39)]), block_bars=1, n_draws=2000).p_K[0]
    assert twins == alone
    assert strangers > 5 * alone


def test_tries_without_a_series_count_as_worthless_strangers() -> None:
    own_TK = noise(4, 1) + 0.1
    known = family(np.hstack([own_TK, noise(5, 39)]), block_bars=1, n_draws=2000).p_K[0]
    silent = family(own_TK, block_bars=1, n_draws=2000, silent=39).p_K[0]
    assert silent == pytest.approx(known, rel=0.3)
    assert family(own_TK, block_bars=1, silent=390).p_K[0] > silent


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 50))
def test_p_values_are_ordered_as_the_t_statistics_and_none_below_zero_passes(seed: int, silent: int) -> None:
    gain_TK = noise(seed, 8, 120) + np.random.default_rng(seed).normal(0, 0.2, 8)
    found = family(gain_TK, n_draws=100, silent=silent)
    order_K = np.argsort(-found.t_K)
    assert (np.diff(found.p_K[order_K]) >= 0).all()
    assert ((found.p_K >= 1 / 101) & (found.p_K <= 1)).all()
    assert (found.p_K[found.t_K <= 0] == 1).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_the_unit_of_the_gains_does_not_matter(seed: int, unit: float) -> None:
    gain_TK = noise(seed, 4, 200) + 0.1
    one, other = family(gain_TK, n_draws=100), family(unit * gain_TK, n_draws=100)
    assert one.p_K == pytest.approx(other.p_K, abs=0.02)
    assert one.block_bars == other.block_bars


def test_what_never_varies_says_nothing_and_stands_in_nobodys_way() -> None:
    gain_TK = np.hstack([np.zeros((600, 3)), noise(7, 1) + 1])
    found = family(gain_TK, own=3)
    assert np.isnan(found.t_K[:3]).all()
    assert found.p_K[:3].tolist() == [1, 1, 1]
    assert found.p_K[3] == pytest.approx(1 / 401)


def test_too_few_blocks_say_nothing() -> None:
    found = family(noise(0, 2, 40), block_bars=5)
    assert found.n_blocks < MIN_BLOCKS
    assert np.isnan(found.t_K).all()
    assert (found.p_K == 1).all()


def test_blocks_grow_with_dependence_and_hold_twice_the_overlap() -> None:
    white_TK = noise(8, 1, 2500)
    held_TK = np.apply_along_axis(lambda x: np.convolve(x, np.ones(20), "valid"), 0, white_TK)
    assert family(white_TK, n_draws=100).block_bars <= 6
    assert family(held_TK, n_draws=100).block_bars >= 15
    assert family(white_TK, n_draws=100, overlap_bars=20).block_bars == 40


def test_hopeless_tries_need_few_draws_and_the_answer_stays_the_same() -> None:
    gain_TK = noise(10) - 0.05
    few, many = family(gain_TK, n_draws=400), family(gain_TK, n_draws=4000)
    assert few.p_K[0] > 0.3
    assert many.p_K[0] == pytest.approx(few.p_K[0], abs=0.15)


def test_the_same_seed_gives_the_same_answer() -> None:
    assert np.array_equal(family(noise(8)).p_K, family(noise(8)).p_K)


def autoregressive(rng: np.random.Generator, persistence: float) -> np.ndarray:
    from scipy.signal import lfilter

    return lfilter([1], [1, -persistence], rng.normal(size=(650, 10)), axis=0)[50:]


def skewed(rng: np.random.Generator) -> np.ndarray:
    return 1.3293 - rng.exponential(size=(600, 10)) ** 1.5


WORLDS = {
    "independent": lambda rng: rng.normal(size=(600, 10)),
    "dependent for days": lambda rng: autoregressive(rng, 0.3),
    "small gains and rare large losses": skewed,
}


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_noise_passes_as_often_as_the_level_says(world: str) -> None:
    rng, found = np.random.default_rng(0), 0
    for _ in range(2000):
        gain_TK = WORLDS[world](rng)
        own = int((gain_TK.mean(axis=0) / gain_TK.std(axis=0)).argmax())
        found += bool(family(gain_TK, own=own, n_draws=300).p_K.min() <= 0.05)
    assert 0.02 <= found / 2000 <= 0.1
