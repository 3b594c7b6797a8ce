"""The quality policy: every defect is found, every action does what it says, and clean bars pass untouched."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.bars import Bars
from components.data.bundled import Bundled
from components.errors import ConfigError, DataError
from components.quality.standard import StandardPolicy
from components.structure import strict

DAYS = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")
DAYS = DAYS[np.is_busday(DAYS)].astype("datetime64[us]")


def policy(**changes: object) -> StandardPolicy:
    return StandardPolicy(**(dict(StandardPolicy.examples()[0]) | changes))


def clean(n_symbols: int = 2, seed: int = 0) -> Bars:
    rng = np.random.default_rng(seed)
    n = len(DAYS)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (n_symbols, n)), axis=1)).ravel()
    begin = close * np.exp(rng.normal(0, 0.002, close.size))
    return Bars(
        symbols=tuple(f"S{s}" for s in range(n_symbols)),
        codes_R=np.repeat(np.arange(n_symbols, dtype=np.int32), n),
        timestamps_R=np.tile(DAYS, n_symbols),
        fields={
            "open": begin,
            "high": np.maximum(begin, close) * 1.002,
            "low": np.minimum(begin, close) * 0.998,
            "close": close,
            "volume": rng.uniform(900, 1100, close.size),
        },
        where="bars.csv",
    )


def changed(bars: Bars, field: str, rows: object, values: object) -> Bars:
    column = bars.fields[field].copy()
    column[rows] = values
    return bars.with_fields({field: column})


def test_clean_bars_pass_untouched() -> None:
    bars = clean()
    panel, findings = policy().inspect(bars)
    assert findings == ()
    assert panel.fingerprint == strict(bars).fingerprint


@pytest.mark.parametrize("dataset", ["sp500", "nasdaq"])
def test_the_shipped_indices_have_no_defect(dataset: str) -> None:
    assert policy().inspect(Bundled(dataset=dataset).bars())[1] == ()


def swapped(bars: Bars) -> Bars:
    rows = np.arange(bars.n_rows)
    rows[[5, 6]] = [6, 5]
    return bars.take(rows)


def doubled(bars: Bars) -> Bars:
    return changed(bars.take(np.insert(np.arange(bars.n_rows), 6, 5)), "volume", 6, 1.0)


STRUCTURE: dict[str, tuple[Callable[[Bars], Bars], str]] = {
    "order": (
        swapped,
        "bars.csv: bars are not sorted: symbol S0, 2019-01-08 00:00:00 comes after 2019-01-09 00:00:00; "
        "sort the file by symbol and time",
    ),
    "duplicates": (doubled, "bars.csv: duplicate bar: symbol S0, 2019-01-08 00:00:00; keep one of the two rows"),
    "missing": (
        lambda bars: changed(bars, "close", 5, np.nan),
        "bars.csv: missing close: symbol S0, 2019-01-08 00:00:00; fill the value or drop the bar",
    ),
    "non_positive": (
        lambda bars: changed(changed(bars, "low", 5, -3.0), "close", 5, -2.0),
        "bars.csv: low is -3: symbol S0, 2019-01-08 00:00:00; prices must be positive, mend the value or drop the bar",
    ),
    "negative_volume": (
        lambda bars: changed(bars, "volume", 5, -1.0),
        "bars.csv: volume is -1: symbol S0, 2019-01-08 00:00:00; volume must not be negative",
    ),
    "ohlc": (
        lambda bars: changed(bars, "high", 5, 1.0),
        None,
    ),
}
ROWS_LEFT = {  # check, action: rows that go
    ("order", "repair"): 0,
    ("duplicates", "drop"): 1,
    ("duplicates", "repair"): 0,
    ("missing", "drop"): 1,
    ("missing", "warn"): 0,
    ("non_positive", "drop"): 1,
    ("non_positive", "warn"): 0,
    ("negative_volume", "drop"): 1,
    ("negative_volume", "repair"): 0,
    ("negative_volume", "warn"): 0,
    ("ohlc", "drop"): 1,
    ("ohlc", "repair"): 0,
    ("ohlc", "warn"): 0,
}


@pytest.mark.parametrize("check", STRUCTURE)
def test_raise_says_what_the_source_would_say(check: str) -> None:
    damage, message = STRUCTURE[check]
    bars = damage(clean())
    with pytest.raises(DataError) as error:
        policy().inspect(bars)
    with pytest.raises(DataError) as alone:
        strict(bars)
    assert str(error.value) == str(alone.value)
    assert message is None or str(error.value) == message


@pytest.mark.parametrize(("check", "action"), ROWS_LEFT)
def test_drop_repair_and_warn(check: str, action: str) -> None:
    bars = clean()
    panel, findings = policy(**{check: action}).inspect(STRUCTURE[check][0](bars))
    assert panel.n_rows == bars.n_rows - ROWS_LEFT[check, action]
    # A range that is widened to hold a high of 1 has a low of 1, which is told as well.
    told = [(f.check, f.symbol, f.timestamp) for f in findings if (check, f.check) != ("ohlc", "spikes")]
    assert told == [(check, "S0", "2019-01-08 00:00:00")]
    assert findings[0].action == {"drop": "dropped", "repair": "repaired", "warn": "kept"}[action]
    assert findings[0].count == (2 if (check, action) == ("duplicates", "drop") else 1)
    assert findings[0].example.startswith("bars.csv: ")


def test_what_repairs_do() -> None:
    bars = clean()
    assert policy(order="repair").inspect(swapped(bars))[0].fingerprint == strict(bars).fingerprint
    assert policy(duplicates="repair").inspect(doubled(bars))[0].fields["volume"][5] == 1.0
    exchanged = bars.with_fields({"high": bars.fields["low"], "low": bars.fields["high"]})
    assert policy(ohlc="repair").inspect(exchanged)[0].fingerprint == strict(bars).fingerprint
    negative = changed(bars, "volume", 5, -1.0)
    assert np.isnan(policy(negative_volume="repair").inspect(negative)[0].fields["volume"][5])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_order_with_any_copies_is_mended_to_the_same_panel(data: st.DataObject) -> None:
    bars = clean()
    rows = np.arange(bars.n_rows)
    copies = data.draw(st.lists(st.integers(0, bars.n_rows - 1), max_size=5))
    shuffled = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(np.append(rows, copies).astype(int))
    panel, _ = policy(order="repair", duplicates="repair").inspect(bars.take(shuffled))
    assert panel.fingerprint == strict(bars).fingerprint


def test_dropping_everything_is_refused() -> None:
    bars = changed(clean(), "close", slice(None), np.nan)
    with pytest.raises(DataError) as error:
        policy(missing="drop").inspect(bars)
    assert str(error.value) == (
        "bars.csv: quality.missing=drop leaves no bars; missing close: symbol S0, 2019-01-01 00:00:00; "
        "fill the value or drop the bar"
    )


def found(bars: Bars, **changes: object) -> dict[str, tuple[int, str, str]]:
    _, findings = policy(**changes).inspect(bars)
    return {f.check: (f.count, f.symbol, f.timestamp[:10]) for f in findings}


def scaled(bars: Bars, rows: slice, factor: float) -> Bars:
    fields = {name: bars.fields[name].copy() for name in ("open", "high", "low", "close")}
    for values in fields.values():
        values[rows] *= factor
    return bars.with_fields(fields)


def test_gaps_against_the_other_symbols_and_weekdays() -> None:
    bars = clean()
    holed = bars.take(np.delete(np.arange(bars.n_rows), np.arange(20, 26)))
    assert found(holed) == {"gaps": (1, "S0", str(DAYS[26])[:10])}
    assert found(holed, max_gap_sessions=6) == {}
    alone = holed.take(holed.codes_R == 0)
    assert found(alone) == {"gaps": (1, "S0", str(DAYS[26])[:10])}


def test_gaps_against_the_sessions_of_an_exchange() -> None:
    # The New York Stock Exchange was closed for four sessions from 11 September 2001, Tuesday to Friday.
    days = np.arange("2001-08-20", "2001-09-25", dtype="datetime64[D]")
    closed = np.array(["2001-09-03", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14"], dtype="datetime64[D]")
    days = days[np.is_busday(days, holidays=closed)].astype("datetime64[us]")
    bars = clean(1).take(np.arange(len(days)))
    bars = Bars(**{**vars(bars), "timestamps_R": days})
    assert found(bars, max_gap_sessions=3) == {"gaps": (1, "S0", "2001-09-17")}
    assert found(bars, max_gap_sessions=3, calendar="XNYS") == {}
    with pytest.raises(ConfigError) as error:
        policy(calendar="NOWHERE").inspect(bars)
    assert str(error.value) == "quality.calendar: 'NOWHERE' is no calendar; write for example XNYS, or null"


def test_stale_runs_are_dropped_from_where_they_are_known() -> None:
    bars = clean(1)
    fields = {name: bars.fields[name].copy() for name in ("open", "high", "low", "close")}
    for values in fields.values():
        values[50:65] = 100.0
    still = bars.with_fields(fields)
    assert found(still) == {"stale": (6, "S0", str(DAYS[59])[:10])}
    panel, _ = policy(stale="drop").inspect(still)
    known, _ = policy(stale="drop").inspect(still.before(DAYS[62]))
    assert panel.n_rows == len(DAYS) - 6
    assert panel.before(DAYS[62]).fingerprint == known.fingerprint


def test_outliers_name_the_largest_move() -> None:
    bars = scaled(scaled(clean(), slice(300, 301), 1.8), slice(100, 101), 1.4)
    count, symbol, day = found(bars)["outliers"]
    assert (count, symbol, day) == (4, "S1", str(DAYS[300 - len(DAYS)])[:10])
    with pytest.raises(DataError, match=r"^bars\.csv: close moves by \+\d+\.\d%, \d+ deviations: symbol S1, "):
        policy(outliers="raise").inspect(bars)
    assert "outliers" not in found(bars, outlier_z=1e4)


@pytest.mark.parametrize("factor", [2, 3, 10, 1.5])
def test_splits_that_nobody_adjusted_for(factor: float) -> None:
    day = 120
    bars = scaled(clean(), slice(0, day), factor)
    volume = bars.fields["volume"].copy()
    volume[:day] /= factor
    split = bars.with_fields({"volume": volume})
    assert found(split)["splits"] == (1, "S0", str(DAYS[day])[:10])
    # A crash of the same size at the same volume, and one that is undone the next day, are none.
    assert "splits" not in found(bars)
    assert "splits" not in found(scaled(clean(), slice(day, day + 1), 1 / factor))
    closes = Bars(**{**vars(split), "fields": {"close": split.fields["close"]}})
    assert found(closes)["splits"] == (1, "S0", str(DAYS[day])[:10])


def test_prices_that_are_left_and_taken_back() -> None:
    bars = clean(1)
    assert found(scaled(bars, slice(100, 101), 1.8))["spikes"] == (1, "S0", str(DAYS[100])[:10])
    wick = changed(bars, "low", [40, 80], bars.fields["low"][[40, 80]] * 0.6)
    assert found(wick) == {"spikes": (2, "S0", str(DAYS[40])[:10])}
    assert "spikes" not in found(wick, outlier_z=1e4)
    with pytest.raises(DataError) as error:
        policy(spikes="raise").inspect(wick)
    assert str(error.value) == (
        "bars.csv: low lies -40.1% from open and close: symbol S0, 2019-02-26 00:00:00; check the price; mend it if it "
        "is wrong"
    )
    # What stays is no spike, and nor is what the days around it do as well.
    assert "spikes" not in found(scaled(bars, slice(100, None), 1.8))
    wild = bars.fields["close"].copy()
    wild[90:120] *= np.exp(np.cumsum(np.random.default_rng(0).choice([-0.1, 0.1], 30)))
    deep = changed(changed(bars, "close", slice(None), wild), "low", 105, wild[105] * 0.6)
    assert "spikes" not in found(deep, ohlc="warn")


def test_impossible_times() -> None:
    bars = clean(1)
    stamps = bars.timestamps_R.copy()
    stamps[3] += np.timedelta64(1, "D")
    saturday = Bars(**{**vars(bars), "timestamps_R": stamps})
    assert found(saturday) == {"times": (1, "S0", "2019-01-05")}
    hours = bars.timestamps_R.copy()
    hours[3] += np.timedelta64(5, "h")
    assert found(Bars(**{**vars(bars), "timestamps_R": hours})) == {"times": (1, "S0", "2019-01-04")}
    # Half of the days an hour later is summer time, not an error.
    summer = bars.timestamps_R + np.where(np.arange(bars.n_rows) < 100, 4, 5).astype("timedelta64[h]")
    assert found(Bars(**{**vars(bars), "timestamps_R": summer})) == {}


def test_one_series_under_two_names() -> None:
    bars = clean(3)
    n = len(DAYS)
    fields = {name: values.copy() for name, values in bars.fields.items()}
    for values in fields.values():
        values[2 * n :] = 7 * values[:n]
    twin = bars.with_fields(fields)
    assert found(twin) == {"look_alikes": (1, "S2", "2019-01-01")}
    # Renamed half-way: only the common dates are compared.
    assert found(twin.take(np.delete(np.arange(3 * n), np.arange(2 * n, 2 * n + 150)))).keys() == {"look_alikes"}
    rng = np.random.default_rng(1)
    noisy = fields["close"].copy()
    noisy[2 * n :] *= np.exp(rng.normal(0, 0.002, n))
    assert "look_alikes" not in found(twin.with_fields({"close": noisy}), ohlc="warn")


@pytest.mark.parametrize("check", ["gaps", "stale", "outliers", "spikes", "splits", "times", "look_alikes"])
def test_every_check_can_stop_the_run(check: str) -> None:
    bars = clean(3)
    n = len(DAYS)
    fields = {name: values.copy() for name, values in bars.fields.items()}
    if check == "look_alikes":
        for values in fields.values():
            values[n : 2 * n] = values[:n]
    for name in ("open", "high", "low", "close"):
        fields[name][:80] *= 2 if check in ("splits", "outliers") else 1
        fields[name][30:45] = 100.0 if check == "stale" else fields[name][30:45]
    fields["volume"][:80] /= 2
    fields["low"][50] *= 0.5 if check == "spikes" else 1
    bad = bars.with_fields(fields)
    if check == "gaps":
        bad = bad.take(np.delete(np.arange(3 * n), np.arange(20, 40)))
    if check == "times":
        stamps = bad.timestamps_R.copy()
        stamps[3] += np.timedelta64(2, "D")
        bad = Bars(**{**vars(bad), "timestamps_R": stamps})
    assert check in found(bad)
    with pytest.raises(DataError, match=r"^bars\.csv: .*: symbol S\d, 2019-\d\d-\d\d 00:00:00; .*"):
        policy(**{check: "raise"}).inspect(bad)


def test_how_alike_two_names_must_be() -> None:
    bars = clean(2)
    n = len(DAYS)
    close = bars.fields["close"].copy()
    close[n:] = close[:n] * np.exp(np.random.default_rng(3).normal(0, 1e-4, n))
    closes = Bars(**{**vars(bars), "fields": {"close": close}})
    # Noise of 1.4 % of a return's variation: a correlation of 0.9999.
    assert found(closes, look_alike_correlation=0.999).keys() == {"look_alikes"}
    assert found(closes, look_alike_correlation=0.99999) == {}


def test_thresholds_decide_what_is_found() -> None:
    bars = clean(1)
    fields = {name: values.copy() for name, values in bars.fields.items()}
    for name in ("open", "high", "low", "close"):
        fields[name][:120] *= 2.08
        fields[name][30:40] = 250.0
    fields["volume"][:120] /= 2
    bad = bars.with_fields(fields)
    assert {"stale", "splits"}.isdisjoint(found(bad, stale_bars=11, split_tolerance=0.01))
    assert "stale" in found(bad, stale_bars=10)
    assert "splits" in found(bad, split_tolerance=0.1)
