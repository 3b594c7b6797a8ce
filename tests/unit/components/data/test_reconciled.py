"""Bars that a second source confirms, and what is said where it does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.contracts import Source
from components.data.files import Files
from components.data.reconciled import Reconciled
from components.errors import AssayError, ConfigError, DataError
from runner.composition.build import build

DAYS = pd.date_range("2020-01-01", periods=10)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(names: str = "AB", scale: float = 1.0, hour: int = 0, drop: tuple[int, ...] = ()) -> pd.DataFrame:
    rows = [
        {"symbol": name, "timestamp": day + pd.Timedelta(hours=hour), "close": scale * (10 + n + k), "volume": 5.0}
        for n, name in enumerate(names)
        for k, day in enumerate(DAYS)
        if k not in drop
    ]
    return pd.DataFrame(rows)


def section(name: str) -> dict[str, Any]:
    return {"_target_": "components.data.files.Files", **Files.examples()[0], "path": name}


def source(main: pd.DataFrame, witness: pd.DataFrame, **changes: Any) -> Source:
    main.to_csv("main.csv", index=False)
    witness.to_csv("witness.csv", index=False)
    parts = {"main": section("main.csv"), "witness": section("witness.csv")}
    made = {"_target_": "components.data.reconciled.Reconciled", **Reconciled.examples()[0], **parts, **changes}
    return build(Source, made, path="data")  # type: ignore[type-abstract]


def failure(main: pd.DataFrame, witness: pd.DataFrame, **changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(main, witness, **changes).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_bars_that_are_confirmed_pass_as_they_are() -> None:
    panel = source(table(), table()).load()
    assert panel.notices == ()
    assert panel.fingerprint == build(Source, section("main.csv")).load().fingerprint  # type: ignore[type-abstract]
    assert source(table(), table(scale=1.0009)).load().fingerprint == panel.fingerprint


def test_disagreements_are_named_by_symbol_day_and_field() -> None:
    witness = table()
    witness.loc[[3, 14], "close"] *= 1.01
    assert failure(table(), witness) == (
        "main.csv and witness.csv disagree in 2 values of 20 bars: A 2020-01-04 close 13 against 13.13, B 2020-01-05 "
        "close 15 against 15.15; mend the source that is wrong, widen data.tolerance, or raise data.allowed"
    )
    assert source(table(), witness, tolerance={"close": 0.02}).load().notices == ()
    assert source(table(), witness, allowed=0.1).load().notices == (
        "data: 2 disagreements with the witness in 20 bars: A 2020-01-04 close 13 against 13.13, B 2020-01-05 close 15 "
        "against 15.15",
    )


def test_other_fields_have_a_tolerance_of_their_own() -> None:
    witness = table().assign(volume=6.0)
    assert source(table(), witness).load().n_rows == 20
    assert "A 2020-01-01 volume 5 against 6" in failure(table(), witness, tolerance={"close": 0.0, "volume": 0.1})
    assert source(table(), witness, tolerance={"volume": 0.2}).load().n_rows == 20


def test_a_value_that_one_of_both_lacks_is_a_disagreement() -> None:
    witness = table()
    witness.loc[3, "volume"] = np.nan
    assert "A 2020-01-04 volume 5 against nan" in failure(table(), witness, tolerance={"volume": 0.1})
    main = table()
    main.loc[3, "volume"] = np.nan
    assert source(main, witness, tolerance={"volume": 0.1}).load().n_rows == 20


def test_prices_adjusted_in_different_ways_agree_in_their_moves() -> None:
    assert "disagree in 20 values" in failure(table(), table(scale=0.25))
    assert source(table(), table(scale=0.25), compare="moves").load().notices == ()
    witness = table(scale=0.25)
    witness.loc[5, "close"] *= 1.1
    assert "disagree in 2 moves of 20 bars: A 2020-01-06 close 1.071" in failure(table(), witness, compare="moves")


def test_bars_of_one_day_are_one_whatever_their_hour() -> None:
    assert failure(table(), table(hour=21)) == (
        "main.csv and witness.csv: no bar in common; compare their spans and data.match"
    )
    assert source(table(), table(hour=21), match="date").load().n_rows == 20


def test_names_that_differ() -> None:
    witness = table().replace({"A": "a.us", "B": "b.us"})
    assert failure(table(), witness) == (
        "main.csv and witness.csv: no symbol in common (A, B and a.us, b.us); name them in data.symbols"
    )
    assert source(table(), witness, symbols={"A": "a.us"}).load().notices == ("data: no witness of 1 symbols: B",)
    with pytest.raises(ConfigError) as error:
        source(table(), witness, symbols={"A": "c.us"}).load()
    assert str(error.value) == ("data.symbols.A: the witness source has no symbol 'c.us'; symbols: a.us, b.us")


def test_bars_that_one_of_both_lacks() -> None:
    witness = table(drop=(0, 4, 5))  # the first is before its span
    assert source(table(), witness).load().notices == (
        "data: bars that the witness or the main source lacks: A: 2 bars that witness.csv lacks, the first 2020-01-05, "
        "B: 2 bars that witness.csv lacks, the first 2020-01-05",
    )
    assert failure(table(), witness, missing="raise") == (
        "A: 2 bars that witness.csv lacks, the first 2020-01-05, B: 2 bars that witness.csv lacks, the first "
        "2020-01-05; give the missing bars, or set data.missing=warn"
    )


def test_settings_and_what_is_missing() -> None:
    assert failure(table(), table(), tolerance={"open": 0.1}) == (
        "tolerance.open: the main source has no field 'open'; fields: close, volume"
    )
    Path("witness.csv").unlink()
    made = {"_target_": "components.data.reconciled.Reconciled", **Reconciled.examples()[0]}
    lonely = build(Source, made | {"main": section("main.csv"), "witness": section("witness.csv")})  # type: ignore[type-abstract]
    with pytest.raises(DataError) as error:
        lonely.load()
    assert str(error.value) == "witness.csv: no such file; give an existing CSV or Parquet file in data.witness.path"


def test_its_content_is_that_of_both() -> None:
    one = source(table(), table()).content()
    assert source(table(), table(scale=1.0001)).content() != one
    assert source(table(scale=1.0001), table()).content() != one


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.integers(0, 19), st.sampled_from([-0.4, -0.05, -0.002, 0.002, 0.05, 0.4]), max_size=8),
    st.sampled_from([0.0, 0.01, 0.3]),
)
def test_it_is_what_a_loop_over_the_bars_finds(errors: dict[int, float], tolerance: float) -> None:
    witness = table()
    for row, error in errors.items():
        witness.loc[row, "close"] *= 1 + error
    close, other = table()["close"], pd.read_csv(pd.io.common.StringIO(witness.to_csv(index=False)))["close"]
    wrong = sum(abs(a - b) > (tolerance + 1e-9) * abs(b) for a, b in zip(close, other, strict=True))
    if wrong:
        message = failure(table(), witness, tolerance={"close": tolerance})
        assert message.startswith(f"main.csv and witness.csv disagree in {wrong} values of 20 bars: ")
    else:
        assert source(table(), witness, tolerance={"close": tolerance}).load().notices == ()
