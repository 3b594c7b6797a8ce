"""What a vendor changed, and whether it is an adjustment."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.fetching.revisions import PRICES, differ, revisions

NOW = "2024-01-01T00:00:00"


def bars(n: int = 60, seed: int = 0, level: float = 100.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("2020-01-01", periods=n, unit="us"),
            "open": close * 1.001,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": rng.integers(1, 1000, n).astype(float),
        }
    )


def cents(old: pd.DataFrame) -> pd.DataFrame:
    return old.assign(**{name: old[name].round(2) for name in PRICES})


def scaled(old: pd.DataFrame, until: int, factor: float) -> pd.DataFrame:
    new = old.copy()
    for name in PRICES:
        new.loc[: until - 1, name] *= factor
    return new


def test_the_same_bars_are_no_revision() -> None:
    assert revisions("A", bars(), bars(), NOW) == ()
    assert not differ(bars(), bars().astype({"close": "float32"}).astype({"close": "float64"}))


def test_later_and_earlier_bars_are_none() -> None:
    old, new = bars().iloc[10:40], bars()
    assert revisions("A", old, new, NOW) == ()


@pytest.mark.parametrize("factor", [0.25, 0.5, 10.0, 0.997, 1.5, 1 / 3])
def test_an_adjustment_is_recognised_as_one(factor: float) -> None:
    (found,) = revisions("A", bars(), scaled(bars(), 40, factor), NOW)
    assert found.adjustment
    assert (found.bars, found.first) == (40, "2020-01-01")
    assert found.says.startswith(f"prices times {factor:.6g} before 2020-02-10: an adjustment")


def test_a_row_of_adjustments_and_prices_rounded_to_the_cent() -> None:
    old = bars(200)
    new = scaled(scaled(old, 150, 0.995), 70, 0.25)
    (found,) = revisions("A", old, new, NOW)
    assert found.adjustment
    assert "times 0.995 before 2020-05-30" in found.says
    assert f"times {0.25 * 0.995:.6g} before 2020-03-11" in found.says
    (found,) = revisions("A", cents(old), cents(scaled(cents(old), 70, 0.25)), NOW)
    assert found.adjustment
    assert "before 2020-03-11" in found.says


def test_single_bars_that_were_corrected_are_no_adjustment() -> None:
    new = bars()
    new.loc[[7, 9], "close"] *= 1.005
    (found,) = revisions("A", bars(), new, NOW)
    assert not found.adjustment
    assert (found.bars, found.first) == (2, "2020-01-08")
    assert found.says == "close by up to 0.005 of it"


def test_volume_alone_and_missing_values() -> None:
    new = bars()
    new.loc[3, "volume"] = np.nan
    (found,) = revisions("A", bars(), new, NOW)
    assert (found.adjustment, found.says, found.first) == (False, "volume came or went", "2020-01-04")


def test_bars_that_went_and_bars_that_came_between() -> None:
    old, new = bars().drop(index=5), bars().drop(index=[8, 9])
    gone, came = revisions("A", old, new, NOW)
    assert (gone.bars, gone.first, gone.says) == (2, "2020-01-09", "2 bars gone")
    assert (came.bars, came.first, came.says) == (1, "2020-01-06", "1 bar new among those that were there")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=20, unique=True), st.integers(0, 5))
def test_as_many_bars_are_named_as_were_changed(rows: list[int], seed: int) -> None:
    old, new = bars(seed=seed), bars(seed=seed)
    rng = np.random.default_rng(seed)
    new.loc[rows, "high"] *= rng.uniform(1.01, 1.2, len(rows))
    (found,) = revisions("A", old, new, NOW)
    assert found.bars == len(rows)
    assert found.first == str(old["timestamp"][min(rows)].date())
    assert not found.adjustment


def test_volume_of_a_split_belongs_to_it_and_other_volume_does_not() -> None:
    new = scaled(bars(), 40, 0.25)
    new.loc[:39, "volume"] *= 4
    (found,) = revisions("A", bars(), new, NOW)
    assert found.says == "prices times 0.25 before 2020-02-10: an adjustment, as for a split or dividend"
    new.loc[50, "volume"] *= 3
    (found,) = revisions("A", bars(), new, NOW)
    assert found.says.endswith("; volume by up to 3 of it")
