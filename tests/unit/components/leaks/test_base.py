"""The price behind a label."""

import numpy as np
import pytest

from components.leaks.base import rebuilt
from components.leaks.layout import Table


def table(y_ST: np.ndarray) -> Table:
    symbols, rows = y_ST.shape
    days = np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D")
    return Table(
        symbols=tuple(f"S{i}" for i in range(symbols)),
        offsets=np.arange(symbols + 1) * rows,
        times_R=np.tile(days, symbols),
        columns={"y": y_ST.ravel()},
    )


def prices(rows: int = 1500) -> np.ndarray:
    rng = np.random.default_rng(0)
    return 50 * np.exp(np.cumsum(rng.normal(0, 0.012, (2, rows)), axis=1))


def forward(price_ST: np.ndarray, rows: int) -> np.ndarray:
    y_ST = np.full(price_ST.shape, np.nan)
    y_ST[:, :-rows] = price_ST[:, rows:] / price_ST[:, :-rows] - 1
    return y_ST


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_of_the_next_return_the_price_is_exact_up_to_a_factor(scale: float) -> None:
    price_ST = prices()
    made = table(scale * forward(price_ST, 1))
    found = rebuilt(made, made.columns["y"], 1)
    assert found is not None
    ratio = found[1].reshape(price_ST.shape) / price_ST
    np.testing.assert_allclose(ratio, ratio[:, [0]] * np.ones(price_ST.shape), rtol=1e-9)


@pytest.mark.parametrize("horizon", [2, 5, 10])
def test_of_overlapping_returns_the_moves_are_close(horizon: int) -> None:
    price_ST = prices()
    made = table(forward(price_ST, horizon))
    found = rebuilt(made, made.columns["y"], horizon)
    assert found is not None
    moves = np.diff(np.log(price_ST), axis=1)
    known = np.isfinite(found[0].reshape(price_ST.shape)[:, 1:])
    r = np.corrcoef(moves[known], found[0].reshape(price_ST.shape)[:, 1:][known])[0, 1]
    assert r > 1 - 2 * horizon / price_ST.shape[1]


def test_nothing_is_rebuilt_of_what_is_no_return() -> None:
    rng = np.random.default_rng(0)
    made = table(np.cumsum(rng.normal(size=(1, 900)), axis=1) * 100)
    assert rebuilt(made, made.columns["y"], 5) is None
