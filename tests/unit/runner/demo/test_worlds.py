"""The demonstration's worlds hold what they are said to hold."""

import numpy as np
import pytest

from runner.demo import worlds

SEEDS = range(20)


def yearly(return_T: np.ndarray) -> float:
    return float(return_T.mean() / return_T.std() * np.sqrt(worlds.YEAR))


def test_the_best_of_200_that_know_nothing_looks_good() -> None:
    best = [max(yearly(column) for column in worlds.worthless(seed).to_numpy().T) for seed in SEEDS]
    assert np.mean(best) == pytest.approx(2.75, abs=0.25), "the expected maximum of 200 normal numbers"
    every = [yearly(column) for seed in SEEDS for column in worlds.worthless(seed).to_numpy().T]
    assert abs(np.mean(every)) < 0.1


def test_news_know_the_day_after_tomorrow_and_neither_tomorrow_nor_today() -> None:
    known = []
    for seed in SEEDS:
        frame = worlds.edge(seed)
        return_T = np.diff(np.log(frame["close"].to_numpy()))
        known.append(np.corrcoef(frame["news"].to_numpy()[:-2], return_T[1:])[0, 1])
    assert np.mean(known) == pytest.approx(worlds.SKILL, abs=0.02)


def test_one_column_of_the_table_reaches_into_the_future() -> None:
    frame = worlds.leaked(0).dropna()
    ties = frame.corr()["next_return"].abs()
    assert ties["smooth"] > 0.25
    assert ties[["momentum", "volatility"]].max() < 0.1


def test_a_seed_is_a_world() -> None:
    for made in (worlds.worthless, worlds.edge, worlds.leaked):
        assert made(4).equals(made(4))
        assert not made(4).equals(made(5))
