"""Bar by bar gives the bits of the batch: every operator, holes, ragged symbols, cross-sections, any start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.expressions import OPERATORS, evaluate, parse
from components.expressions.kernels import streaming
from components.expressions.stream import FeatureStream
from components.panel import Panel

FIELDS = ("close", "volume", "sector", "in_universe")


def make_panel(seed=0, bars=(70, 31, 55), holes=0.05):
    """Ragged symbols on common dates, with holes and outsiders."""
    rng = np.random.default_rng(seed)
    n = sum(bars)
    close = np.where(rng.random(n) < holes, np.nan, np.round(100 * np.exp(0.1 * rng.normal(size=n)), 1))
    dates = [np.sort(rng.choice(max(bars) + 5, size=count, replace=False)) for count in bars]
    return Panel(
        symbols=tuple(f"S{s}" for s in range(len(bars))),
        offsets=np.concatenate([[0], np.cumsum(bars)]),
        timestamps_R=np.datetime64("2020-01-01", "us") + np.concatenate(dates) * np.timedelta64(1, "D"),
        fields={
            "close": close,
            "volume": rng.integers(0, 4, size=n).astype(float),
            "sector": rng.choice([1.0, 2.0, np.nan], size=n, p=[0.5, 0.4, 0.1]),
            "in_universe": (rng.random(n) < 0.9).astype(float),
        },
    )


def streamed(nodes, panel, known=0):
    """(C, R) values of a stream that is opened after so many dates; NaN before."""
    stream = FeatureStream(nodes, tuple(panel.fields), len(panel.symbols))
    history = panel.take(panel.date_codes_R < known)
    stream.warm(history, np.searchsorted(panel.symbols, history.symbols))
    out_CR = np.full((len(nodes), panel.n_rows), np.nan, dtype=np.float32)
    for date in range(known, len(panel.dates_T)):
        rows = np.flatnonzero(panel.date_codes_R == date)
        fields_IN = np.array([panel.fields[name][rows] for name in panel.fields])
        out_CR[:, rows] = stream.push(
            panel.symbol_codes_R[rows].astype(np.int64), panel.timestamps_R[rows], fields_IN, panel.in_universe_R[rows]
        )
    return out_CR


def expression(name):
    """A call of the operator, within others where its window has to look back."""
    operator = OPERATORS[name]
    if name == "ema":
        return "ema(volume, 5)"
    if name == "**":
        return "close ** -1.5"
    if operator.symbol:
        return f"{operator.symbol}close" if len(operator.series) == 1 else f"close {operator.symbol} volume"
    series = ["close", "volume", "ref(close, 2)"][: len(operator.series)]
    if operator.kind == "cross":
        series = ["mean(close, 3)", "sector"]
    constants = ["5" if c.whole and c.name != "n" else "2" if c.name == "n" else "0.3" for c in operator.constants]
    return f"{name}({', '.join((*series, *constants))})"


STREAMED = {
    **{name: expression(name) for name, operator in OPERATORS.items() if operator.kind != "frame"},
    "clipped": "clip(close, 95, 105)",
    "powers": "close ** 2 + close ** 0.5 + close ** 3 + power(volume, close)",
    "nested": "mean(log(max(close, 3) / ref(close, 4)), 5) - ema(exp(volume), 3)",
    "ranked": "mean(cs_rank(close), 4) * cs_demean(std(close, 3), sector)",
    "calendar": "day_of_week + mean(month, 3)",
    "quantiles": "quantile(close, 6, 0.2) + quantile(close, 6, 0.8)",
}


@pytest.mark.parametrize("text", STREAMED.values(), ids=STREAMED)
def test_every_operator_has_the_bits_of_the_batch(text):
    panel = make_panel()
    nodes = {"x": parse(text)}
    batch_CR = evaluate(nodes, panel, threads=1)
    assert np.isfinite(batch_CR).any()
    assert np.array_equal(streamed(nodes, panel), batch_CR, equal_nan=True)


def test_what_has_no_opcode_has_the_same_bits(monkeypatch):
    panel = make_panel()
    nodes = {name: parse(text) for name, text in STREAMED.items()}
    monkeypatch.setattr(streaming, "OPCODES", {})
    assert np.array_equal(streamed(nodes, panel), evaluate(nodes, panel, threads=1), equal_nan=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), known=st.integers(0, 60), holes=st.sampled_from([0.0, 0.02, 0.3]))
def test_wherever_it_is_opened_it_goes_on_with_the_same_bits(seed, known, holes):
    panel = make_panel(seed, holes=holes)
    alone = {k: parse(STREAMED[k]) for k in ("nested", "quantiles", "powers", "calendar", "corr", "argmax", "skew")}
    for nodes in (alone, {**alone, "ranked": parse(STREAMED["ranked"])}):
        expected_CR = evaluate(nodes, panel, threads=1)
        expected_CR[:, panel.date_codes_R < known] = np.nan
        assert np.array_equal(streamed(nodes, panel, known), expected_CR, equal_nan=True)


def test_many_symbols_share_the_threads():
    panel = make_panel(bars=(12,) * 200)
    nodes = {"x": parse("mean(close, 3) / std(volume, 4)")}
    assert np.array_equal(streamed(nodes, panel), evaluate(nodes, panel, threads=1), equal_nan=True)


FRAMES = {"minutes_5": 1, "minutes_15": 4, "minutes_30": 7, "hourly": 11, "hours_4": 50, "daily": 190, "weekly": 900}
LONG = ("open", "high", "low", "close", "volume", "vix", "in_universe")


def minute_panel(seed, minutes, bars=(160, 70, 120)):
    """Ragged symbols with holes on a grid of so many minutes, and volumes whose sum depends on its order."""
    rng = np.random.default_rng(seed)
    n = sum(bars)
    grid = np.datetime64("2021-01-31T22:27", "us") + np.arange(max(bars) + 40) * np.timedelta64(minutes, "m")
    fields = {name: np.where(rng.random(n) < 0.005, np.nan, np.exp(rng.normal(size=n))) for name in LONG}
    return Panel(
        symbols=tuple(f"S{s}" for s in range(len(bars))),
        offsets=np.concatenate([[0], np.cumsum(bars)]),
        timestamps_R=np.concatenate([np.sort(rng.choice(grid, size=count, replace=False)) for count in bars]),
        fields=fields | {"in_universe": (rng.random(n) < 0.9).astype(float)},
    )


def longer_features(frame):
    """Several timeframes in one set: of fields, of windows, within windows, and beside the bars themselves."""
    return {
        **{name: parse(f"{frame}({name}, 999)") for name in LONG[:6]},
        "window": parse(f"{frame}(mean(volume, 3) - ref(close, 2) + std(high, 3), 999)"),
        "smooth": parse(f"{frame}(ema(high, 1), 999)"),
        "around": parse(f"mean({frame}(close, 999), 5) / close + ref(volume, 2)"),
        "other": parse("daily(close, 999) - hourly(volume, 999) + monthly(close, 9999)"),
        "hour": parse(f"{frame}(hour + close, 999)"),
    }


def compared(frame):
    return {"within": parse(f"{frame}(cs_rank(close + volume), 999)"), "after": parse(f"cs_demean({frame}(vix, 999))")}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("known", [0, 1, 97])
def test_longer_bars_have_the_bits_of_the_batch(frame, known):
    panel = minute_panel(known, FRAMES[frame])
    alone = longer_features(frame)
    for nodes in (alone, alone | compared(frame)):
        expected_CR = evaluate(nodes, panel, threads=1)
        expected_CR[:, panel.date_codes_R < known] = np.nan
        assert np.isfinite(expected_CR).any(axis=1).all(), list(nodes)
        assert np.array_equal(streamed(nodes, panel, known), expected_CR, equal_nan=True)


def test_symbols_whose_bars_come_one_after_the_other_have_the_bits_of_the_batch():
    panel, nodes = minute_panel(3, 11), longer_features("hourly")
    stream = FeatureStream(nodes, LONG, 3)
    out_CR = [
        stream.push(
            panel.symbol_codes_R[row : row + 1].astype(np.int64),
            panel.timestamps_R[row : row + 1],
            np.array([panel.fields[name][row : row + 1] for name in LONG]),
            np.ones(1, dtype=bool),
        )
        for row in range(panel.n_rows)
    ]
    assert np.array_equal(np.concatenate(out_CR, axis=1), evaluate(nodes, panel), equal_nan=True)


def test_what_was_saved_goes_on_within_a_longer_bar(tmp_path):
    panel, nodes = minute_panel(4, 7), longer_features("minutes_30") | compared("minutes_30")
    times_T = panel.dates_T
    stream = FeatureStream(nodes, LONG, 3)
    out_CR = np.empty((len(nodes), panel.n_rows), dtype=np.float32)
    for date in range(len(times_T)):
        if date % 50 == 33:
            np.savez(tmp_path / "state.npz", **stream.saved())
            stream = FeatureStream(nodes, LONG, 3)
            with np.load(tmp_path / "state.npz") as saved:
                stream.restore(dict(saved))
        rows = np.flatnonzero(panel.date_codes_R == date)
        fields_IN = np.array([panel.fields[name][rows] for name in LONG])
        codes_N = panel.symbol_codes_R[rows].astype(np.int64)
        out_CR[:, rows] = stream.push(codes_N, panel.timestamps_R[rows], fields_IN, panel.in_universe_R[rows])
    assert np.array_equal(out_CR, evaluate(nodes, panel), equal_nan=True)


def test_more_bars_than_declared_are_refused_and_change_nothing():
    stream = FeatureStream({"x": parse("daily(close, 2)"), "y": parse("hourly(close, 3) + close")}, ("close",), 1)

    def push(hour):
        times_N = np.array([np.datetime64("2021-01-04T00", "us") + np.timedelta64(hour, "h")])
        return stream.push(np.zeros(1, dtype=np.int64), times_N, np.array([[float(hour)]]), np.ones(1, dtype=bool))

    push(0), push(5)
    before = stream.saved()
    with pytest.raises(DataError) as error:
        push(7)
    assert str(error.value) == (
        "daily(x, 2): a symbol has 3 bars in the period of 2021-01-04T00:00, at most 2 are declared; write daily(x, 3)"
    )
    after = stream.saved()
    assert all(
        np.array_equal(after[name], values, equal_nan=values.dtype.kind == "f") for name, values in before.items()
    )
