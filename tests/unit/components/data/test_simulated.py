"""Made markets: what can be foretold of them is what was said, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data.simulated import Simulated
from components.errors import ConfigError
from components.values import Float

WIDE = {"symbols": 20, "bars_each": 2500, "columns": 3, "knowing": 1, "persistence": 0.9, "correlation": 0.3, "seed": 3}
SMALL = {"symbols": 2, "columns": 2, "knowing": 1, "strength": 0.2, "persistence": 0.8, "correlation": 0.5}


def table(source: Simulated, field: str) -> Float:
    """(S, T)"""
    values: Float = source.load().fields[field].reshape(source.symbols, -1)
    return values


def foretold(source: Simulated, field: str, bars: int) -> float:
    """Correlation of a column with the return of the bar that ends so many bars later."""
    close_ST = table(source, "close")
    return_ST = close_ST[:, 1:] / close_ST[:, :-1] - 1
    known_ST = table(source, field)[:, : -bars or None]
    return float(np.corrcoef(known_ST.ravel(), return_ST[:, bars - 1 :].ravel())[0, 1])


def test_a_column_that_knows_foretells_the_move_after_the_next_and_the_others_nothing() -> None:
    source = Simulated(**WIDE, strength=0.1)
    assert foretold(source, "column_1", 2) == pytest.approx(0.1 / np.sqrt(2), abs=0.015)
    assert [foretold(source, name, 2) for name in ("column_2", "column_3")] == pytest.approx([0, 0], abs=0.02)


def test_without_strength_a_knowing_column_knows_nothing_and_holding_earns_nothing() -> None:
    source = Simulated(**WIDE, strength=0.0)
    assert foretold(source, "column_1", 2) == pytest.approx(0, abs=0.02)
    close_ST = table(source, "close")
    return_ST = close_ST[:, 1:] / close_ST[:, :-1] - 1
    assert return_ST.std() == pytest.approx(0.01, rel=0.1)
    market_T = return_ST.mean(axis=0)
    assert abs(market_T.mean()) < 3 * market_T.std() / np.sqrt(len(market_T))
    assert np.corrcoef(return_ST)[0, 1:].mean() == pytest.approx(0.3, abs=0.06)


@given(st.integers(0, 2**31), st.integers(50, 120), st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_a_longer_history_begins_as_a_shorter_one(seed: int, bars: int, more: int) -> None:
    short, long = (Simulated(**SMALL, bars_each=n, seed=seed) for n in (bars, bars + more))
    for field in short.fields():
        np.testing.assert_array_equal(table(short, field), table(long, field)[:, :bars])


def test_another_seed_is_another_market() -> None:
    first, second = (Simulated(**SMALL, bars_each=300, seed=seed) for seed in (1, 2))
    assert abs(np.corrcoef(np.diff(table(first, "close")[0]), np.diff(table(second, "close")[0]))[0, 1]) < 0.25
    assert first.facts().identity != second.facts().identity


def test_no_more_columns_know_than_there_are() -> None:
    with pytest.raises(ConfigError) as error:
        Simulated(**{**SMALL, "knowing": 3}, bars_each=50, seed=0).fields()
    assert str(error.value) == "knowing: 3 is not allowed; at most 2, as many as there are columns"
