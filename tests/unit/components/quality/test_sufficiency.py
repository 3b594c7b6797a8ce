"""`minimum_history` and `completeness` are asked of every symbol and field, or of the fields that are named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.bars import Bars
from components.errors import DataError
from components.quality.standard import StandardPolicy
from runner.cli import main

DAYS = pd.bdate_range("2019-01-01", periods=300)


def policy(**changes: object) -> StandardPolicy:
    return StandardPolicy(**(dict(StandardPolicy.examples()[0]) | changes))


def bars() -> Bars:
    """A has all days, B the last 100; a tenth of A's volumes is missing, and B's first twenty."""
    close = 100 + np.sin(np.arange(400.0))
    volume = np.full(400, 5.0)
    volume[:300:10], volume[300:320] = np.nan, np.nan
    return Bars(
        symbols=("A", "B"),
        codes_R=np.repeat(np.array([0, 1], dtype=np.int32), [300, 100]),
        timestamps_R=np.concatenate([DAYS.to_numpy(), DAYS[-100:].to_numpy()]).astype("datetime64[us]"),
        fields={"close": close, "volume": volume},
        where="bars.csv",
    )


def refusal(given: Bars, **changes: object) -> str:
    with pytest.raises(DataError) as error:
        policy(**changes).inspect(given)
    return str(error.value)


def test_what_suffices_passes() -> None:
    asked = {"minimum_history": {"close": 100, "volume": 80}, "completeness": {"close": 1.0, "volume": 0.8}}
    assert policy(**asked).inspect(bars())[0].n_rows == 400
    assert policy(minimum_history=80, completeness=0.8).inspect(bars())[0].n_rows == 400


def test_history_is_counted_by_symbol_and_field() -> None:
    assert refusal(bars(), minimum_history=90) == (
        "bars.csv: symbol B has 80 bars with a volume, quality.minimum_history asks for 90 (1 of 2 symbols have "
        "fewer); leave such symbols out, give more bars, or lower it"
    )
    assert refusal(bars(), minimum_history={"close": 101}).startswith(
        "bars.csv: symbol B has 100 bars with a close, quality.minimum_history asks for 101 (1 of 2 symbols have fewer)"
    )
    policy(minimum_history={"close": 100}).inspect(bars())


def test_completeness_is_a_share_of_the_times_between_a_symbols_first_and_last_bar() -> None:
    assert refusal(bars(), completeness=0.85) == (
        "bars.csv: symbol B has a volume at 80.0% of 100 times from 2019-10-08 to 2020-02-24, quality.completeness "
        "asks for 85.0% (1 of 2 symbols have fewer); leave such symbols out, give the missing values, or lower it"
    )
    holed = bars().take(np.delete(np.arange(400), np.arange(320, 345)))
    assert refusal(holed, completeness={"close": 0.8}).startswith(
        "bars.csv: symbol B has a close at 75.0% of 100 times from 2019-10-08 to 2020-02-24, quality.completeness asks "
        "for 80.0% (1 of 2"
    )


def test_what_is_dropped_lacks() -> None:
    close = bars().fields["close"].copy()
    close[10:60] = np.nan
    holed = bars().with_fields({"close": close})
    assert policy(missing="drop", completeness={"close": 0.8}).inspect(holed)[0].n_rows == 350
    assert "a close at 83.3% of 300 times" in refusal(holed, missing="drop", completeness={"close": 0.9})


def test_a_field_that_is_not_there() -> None:
    assert refusal(bars(), completeness={"vwap": 0.9}) == (
        "bars.csv: no field 'vwap', of which quality asks for values; fields: close, volume"
    )


def test_a_run_stops_before_its_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    close = pd.Series(100 + np.sin(np.arange(300.0)))
    pd.DataFrame({"date": DAYS, "close": close, "volume": np.where(np.arange(300) % 2, 5.0, np.nan)}).to_csv(
        "x.csv", index=False
    )
    command = ["features", "+experiment=sp500_direction", "data=files", "data.path=x.csv", "split.vault_start=null"]
    assert main([*command, "features=momentum", "quality.completeness.volume=0.9"]) == 2
    capsys.readouterr()
    assert main([*command, "features=momentum", "quality.completeness={volume: 0.9}"]) == 3
    assert "symbol x has a volume at 50.0% of 300 times" in capsys.readouterr().err
    assert not Path("outputs/runs").exists()
