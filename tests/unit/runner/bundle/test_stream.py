"""A stream over an opened bundle: forecasts and orders of the batch, what it refuses, what it never imports."""

import subprocess
import sys

import numpy as np
import pytest

from components.errors import DataError
from components.model.linear import Linear
from runner.bundle.reader import Bundle
from runner.bundle.stream import Stream

LONG_SHORT = {
    "_target_": "components.portfolio.rank_long_short.RankLongShort",
    "quantile": 0.34,
    "gross_exposure": 1.0,
    "holding_bars": 3,
}


def bars_at(panel, date):
    rows = np.flatnonzero(panel.timestamps_R == date)
    return {
        panel.symbols[panel.symbol_codes_R[row]]: {name: values[row] for name, values in panel.fields.items()}
        for row in rows
    }


@pytest.mark.parametrize("known", [1, 10, 23, 300])
def test_bars_one_by_one_give_the_forecasts_of_the_batch(made, known):
    panel = made.panel
    batch = made.bundle.forecast(panel)
    expected_R = np.full(panel.n_rows, np.nan)
    expected_R[batch.row_M] = batch.forecast_M
    stream = Stream.open(made.bundle, panel.before(panel.dates_T[known]))
    for row in np.flatnonzero(panel.timestamps_R >= panel.dates_T[known]):
        symbol = panel.symbols[panel.symbol_codes_R[row]]
        found = stream.push(symbol, panel.timestamps_R[row], {"close": panel.fields["close"][row]})
        assert np.array_equal(found, expected_R[row], equal_nan=True)


@pytest.mark.parametrize("extra", [{}, {"rank": "mean(cs_rank(close), 3)"}])
def test_date_by_date_gives_the_weights_of_the_batch(build, extra):
    made = build(Linear(features=None), portfolio=LONG_SHORT, **extra)
    panel = made.panel
    batch = made.bundle.forecast(panel)
    dates_D, forecast_DS = batch.grid()
    weights_DS = made.bundle.portfolio.weights(batch.view())
    stream = Stream.open(made.bundle, panel.before(panel.dates_T[5]))
    decided = []
    for date in panel.dates_T[5:]:
        decision = stream.push_date(date, bars_at(panel, date))
        assert decision.symbols == panel.symbols
        if decision.weight_S is not None:
            decided.append(decision)
    assert [decision.timestamp for decision in decided] == list(dates_D)
    # A matrix product of few rows may add in another order than one of many.
    assert np.array([each.forecast_S for each in decided]) == pytest.approx(forecast_DS, rel=1e-6)
    assert np.array([each.weight_S for each in decided]) == pytest.approx(weights_DS, abs=1e-12)


def test_a_symbol_without_a_bar_is_not_held(build):
    made = build(Linear(features=None), portfolio={**LONG_SHORT, "holding_bars": 1})
    panel = made.panel
    stream = Stream.open(made.bundle, panel.before(panel.dates_T[-1]))
    bars = bars_at(panel, panel.dates_T[-1])
    del bars["B"]
    decision = stream.push_date(panel.dates_T[-1], bars)
    assert decision.weight_S is not None
    assert np.isnan(decision.forecast_S).tolist() == [False, True, False]
    assert decision.weight_S[1] == 0.0


def test_what_does_not_fit_is_refused_in_one_line(made, build):
    panel = made.panel
    stream = Stream.open(made.bundle, panel)
    cases = {
        "stream: X is not in the history that it was opened with; open it again with X": ("X", "2020-02-05", {}),
        "stream: A, 2020-02-04: its last bar is of 2020-02-04; bars must come in order of time": (
            *("A", "2020-02-04"),
            {"close": 1.0},
        ),
        "stream: a bar lacks close; the bundle reads close": ("A", "2020-02-05", {"open": 1.0}),
    }
    for message, (symbol, date, values) in cases.items():
        with pytest.raises(DataError) as error:
            stream.push(symbol, np.datetime64(date), values)
        assert str(error.value) == message
    ranked = Stream.open(build(Linear(features=None), rank="cs_rank(close)").bundle, panel)
    with pytest.raises(DataError) as error:
        ranked.push("A", np.datetime64("2020-02-05"), {"close": 1.0})
    assert str(error.value) == (
        "stream: the bundle compares symbols, so bars must come a date at a time; use push_date"
    )


def test_it_imports_no_training_library_and_no_pandas(made, tmp_path):
    folder = made.write(tmp_path / "1")
    script = (
        "import sys, numpy as np; from pathlib import Path; from components.panel import Panel; "
        "from runner.bundle.reader import Bundle; from runner.bundle.stream import Stream; "
        "times = np.datetime64('2020-01-01', 'us') + np.arange(30) * np.timedelta64(1, 'D'); "
        "close = 100 + np.sin(np.arange(30.0)); "
        "panel = Panel(symbols=('A',), offsets=np.array([0, 30]), timestamps_R=times, fields={'close': close}); "
        f"stream = Stream.open(Bundle.open(Path({str(folder)!r})), panel); "
        "decision = stream.push_date(np.datetime64('2020-02-01'), {'A': {'close': 100.0}}); "
        "assert np.isfinite(decision.forecast_S).all() and 0 < decision.weight_S[0] <= 1; "
        "heavy = {'lightgbm', 'torch', 'sklearn', 'onnx', 'hydra', 'wandb', 'sqlalchemy', 'pandas'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "[]\n"


def test_an_opened_bundle_streams(made, tmp_path):
    opened = Bundle.open(made.write(tmp_path / "1"))
    stream = Stream.open(opened, made.panel.before(made.panel.dates_T[-1]))
    last = np.flatnonzero(made.panel.timestamps_R == made.panel.dates_T[-1])[0]
    found = stream.push("A", made.panel.dates_T[-1], {"close": made.panel.fields["close"][last]})
    assert found == made.forecast_M[list(made.row_M).index(last)]
