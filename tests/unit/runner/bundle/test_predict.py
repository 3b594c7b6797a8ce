"""`python -m runner predict`: what it writes, what it says, what it never imports."""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from components.data.files import Files
from components.errors import DataError
from components.model.linear import Linear
from components.quality.standard import StandardPolicy
from runner.cli import perform


@pytest.fixture
def registry(made, tmp_path):
    made.write(tmp_path / "registry" / "vol" / "1")
    return tmp_path / "registry"


def predict(registry, data, *options):
    return perform("predict", ["--bundle", "vol", "--registry", str(registry), "--data", data, *options])


def test_the_last_bar_goes_to_the_standard_output(made, registry, tmp_path, bars_csv, capsys):
    assert predict(registry, bars_csv(tmp_path / "bars.csv", made.panel, last=60)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "timestamp,symbol,forecast,weight"
    last = made.forecast_M[made.panel.timestamps_R[made.row_M] == made.panel.dates_T[-1]]
    weights = made.bundle.weights(made.bundle.forecast(made.panel).view())[-1]
    assert lines[1:] == [
        f"2020-02-04,{symbol},{forecast:.9g},{weight:.9g}"
        for symbol, forecast, weight in zip("ABC", last, weights, strict=True)
    ]


def test_a_symbol_that_looks_like_a_formula_is_no_formula(made, registry, tmp_path, bars_csv, capsys):
    names = {"A": "-2+3", "B": "=cmd|' /C calc'!A0", "C": "@SUM(1+1)"}
    data = bars_csv(tmp_path / "bars.csv", replace(made.panel, symbols=tuple(names.values())), last=60)
    assert predict(registry, data) == 0
    shown = pd.read_csv(io.StringIO(capsys.readouterr().out))["symbol"].tolist()
    assert sorted(shown) == sorted(f"'{name}" for name in names.values())


def test_all_bars_go_to_a_file(made, registry, tmp_path, bars_csv, capsys):
    data, output = bars_csv(tmp_path / "bars.csv", made.panel), tmp_path / "forecasts.csv"
    assert predict(registry, data, "--all", "--output", str(output)) == 0
    assert capsys.readouterr() == ("", "")
    table = pd.read_csv(output)
    assert list(table.columns) == ["timestamp", "symbol", "forecast", "weight"]
    assert len(table) == 3 * (400 - 22)
    assert (table["timestamp"] + table["symbol"]).is_monotonic_increasing
    tested = table[table["timestamp"] >= "2019-10-28"].sort_values(["symbol", "timestamp"])
    # Nine digits give a float32 back exactly.
    assert np.array_equal(tested["forecast"].to_numpy(np.float32), made.forecast_M.astype(np.float32))


def test_a_symbol_that_cannot_be_forecast_gets_no_weight_and_a_note(made, registry, tmp_path, bars_csv, capsys):
    panel = made.panel
    recent = panel.take((panel.symbol_codes_R != 1) | (panel.timestamps_R >= panel.dates_T[-10]))
    halted = recent.take((recent.symbol_codes_R != 2) | (recent.timestamps_R < panel.dates_T[-1]))
    assert predict(registry, bars_csv(tmp_path / "bars.csv", halted)) == 0
    out, err = capsys.readouterr()
    assert [line.split(",")[1:] for line in out.splitlines()[2:]] == [["B", "", "0"]]
    assert err.splitlines() == [
        "note: no forecast: B, 2020-02-04: 10 bars up to here, 23 needed ('variance_22' looks back 22 bars)",
        "note: no bar at 2020-02-04: C",
    ]


def test_too_few_bars_say_how_many_are_needed(made, registry, tmp_path, bars_csv):
    with pytest.raises(DataError) as error:
        predict(registry, bars_csv(tmp_path / "bars.csv", made.panel, last=12))
    assert str(error.value) == (
        "too few bars: the longest symbol, A, has 12; 'variance_22' looks back 22 bars, so give at least 23"
    )


def test_a_last_bar_without_forecast_is_explained(made, registry, tmp_path, bars_csv):
    panel = made.panel
    broken = panel.take((panel.symbol_codes_R == 0) | (panel.timestamps_R < panel.dates_T[-1]))
    keep = (broken.symbol_codes_R != 0) | (broken.timestamps_R >= panel.dates_T[-5])
    with pytest.raises(DataError) as error:
        predict(registry, bars_csv(tmp_path / "bars.csv", broken.take(keep)))
    assert str(error.value) == (
        "the last bar cannot be forecast: A, 2020-02-04: 5 bars up to here, 23 needed "
        "('variance_22' looks back 22 bars); mend the bars or use --all"
    )


def test_missing_columns_and_bundles_are_named(made, registry, tmp_path):
    data = tmp_path / "bars.csv"
    data.write_text("timestamp,symbol,price\n2020-01-01,A,1\n")
    with pytest.raises(DataError) as error:
        predict(registry, str(data))
    assert str(error.value) == "the bars lack close; the bundle reads close, given are price"
    with pytest.raises(DataError) as error:
        predict(registry, str(data), "--time-column", "Date")
    assert str(error.value) == f"{data}: no column 'Date' (--time-column); columns: timestamp, symbol, price"
    with pytest.raises(DataError, match=r"nothing.csv: no such file; give an existing CSV or Parquet file in --data$"):
        predict(registry, "nothing.csv")
    with pytest.raises(DataError, match=r"^volx: no such bundle"):
        perform("predict", ["--bundle", "volx", "--registry", str(registry), "--data", str(data)])


def test_weights_that_need_more_dates_than_given(build, tmp_path, bars_csv, capsys):
    portfolio = {
        "_target_": "components.portfolio.rank_long_short.RankLongShort",
        "quantile": 0.34,
        "gross_exposure": 1.0,
        "holding_bars": 5,
    }
    made = build(Linear(features=None), portfolio=portfolio)
    made.write(tmp_path / "registry" / "vol" / "1")
    data = bars_csv(tmp_path / "bars.csv", made.panel, last=25)
    with pytest.raises(DataError) as error:
        predict(tmp_path / "registry", data)
    assert str(error.value) == (
        "too few bars: the weights of the last bar depend on forecasts at 5 dates, 3 can be made; "
        "give at least 27 bars of every symbol"
    )
    assert predict(tmp_path / "registry", data, "--all") == 0
    assert all(line.endswith(",") for line in capsys.readouterr().out.splitlines()[1:])
    predict(tmp_path / "registry", bars_csv(tmp_path / "bars.csv", made.panel, last=27))
    assert not any(line.endswith(",") for line in capsys.readouterr().out.splitlines()[1:])


def test_who_left_the_universe_is_neither_forecast_nor_held(build, tmp_path, capsys):
    portfolio = {
        "_target_": "components.portfolio.rank_long_short.RankLongShort",
        "quantile": 0.34,
        "gross_exposure": 1.0,
        "holding_bars": 5,
    }
    made = build(Linear(features=None), portfolio=portfolio)
    member = replace(made, bundle=replace(made.bundle, recipe=replace(made.bundle.recipe, membership=True)))
    member.write(tmp_path / "registry" / "vol" / "1")
    panel = made.panel
    with pytest.raises(DataError) as error:
        member.bundle.forecast(panel)
    assert str(error.value) == "the bars lack in_universe; the bundle reads close, in_universe, given are close"
    left_R = (panel.symbol_codes_R == 1) & (panel.timestamps_R >= panel.dates_T[-2])
    frame = replace(panel, fields={**panel.fields, "in_universe": 1.0 - left_R}).to_frame()
    frame.to_csv(tmp_path / "bars.csv", index=False)
    predict(tmp_path / "registry", str(tmp_path / "bars.csv"))
    out, err = capsys.readouterr()
    assert [line.split(",")[1:] for line in out.splitlines()[2:3]] == [["B", "", "0"]]
    assert err == "note: no forecast: B, 2020-02-04: not in the universe\n"


def test_missing_features_are_filled_up_to_their_share(build, tmp_path, capsys):
    made = build(Linear(features=None))
    recipe = replace(
        made.bundle.recipe,
        preprocess={
            "_target_": "components.preprocess.impute.Impute",
            "statistic": "median",
            "indicator": False,
            "max_missing_fraction": 0.4,
        },
    )
    learnt = {"columns": list(recipe.features), "fill": [-9.0, -9.0, 0.0], "empty": [False] * 3, "flagged": []}
    replace(made, bundle=replace(made.bundle, recipe=recipe, learnt=learnt)).write(tmp_path / "registry" / "vol" / "1")
    panel = made.panel
    bars_S = np.array([23, 11, 7])  # all features, two of three, one of three
    young = panel.take(panel.timestamps_R >= panel.dates_T[-1] - (bars_S - 1).astype("m8[D]")[panel.symbol_codes_R])
    young.to_frame().to_csv(tmp_path / "bars.csv", index=False)
    predict(tmp_path / "registry", str(tmp_path / "bars.csv"))
    out, err = capsys.readouterr()
    assert [line.split(",")[2] != "" for line in out.splitlines()[1:]] == [True, True, False]
    assert err.splitlines() == [
        "note: 1 forecast from fewer than 23 bars of the symbol: missing features were filled; give more history "
        "unless there is none",
        "note: no forecast: C, 2020-02-04: 2 of 3 features are missing; 0.4 of them may be",
    ]


def test_a_variant_forecasts_instead_of_the_graph(made, tmp_path, bars_csv, capsys):
    smaller = {"fp16": {"certified": False, "forecasts": 1, "orders": 1, "differing_orders": 1, "bytes": 1,
               "bytes_of_original": 2, "max_abs_difference": 0.1, "r2_of_original": 0.9, "graph_p50_us": 1.0,
               "graph_p50_us_of_original": 1.0}}  # fmt: skip
    parity = {"passed": True, "first": "a", "last": "b", "forecasts": 1, "max_abs_difference": 0.0, "orders": 1,
              "differing_orders": 0, "tolerance": "none", "variants": smaller}  # fmt: skip
    made.write(tmp_path / "registry" / "vol" / "1", parity=parity)
    data = bars_csv(tmp_path / "bars.csv", made.panel, last=60)
    answers = []
    for options in ((), ("--variant", "fp16")):
        assert predict(tmp_path / "registry", data, *options) == 0
        line = capsys.readouterr().out.splitlines()[1]
        answers.append(float(line.split(",")[2]))
    assert answers[0] != answers[1]
    assert answers[1] == pytest.approx(answers[0], rel=1e-2)
    with pytest.raises(DataError, match=r"has no variant 'int8' of its graph; it has fp16$"):
        predict(tmp_path / "registry", data, "--variant", "int8")


def test_it_imports_no_training_library(made, registry, tmp_path, bars_csv):
    data = bars_csv(tmp_path / "bars.csv", made.panel, last=60)
    script = (
        "import sys; from runner.cli import perform; "
        f"perform('predict', ['--bundle', 'vol', '--registry', {str(registry)!r}, '--data', {data!r}]); "
        "heavy = {'lightgbm', 'torch', 'sklearn', 'onnx', 'hydra', 'wandb', 'sqlalchemy'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(done.stdout.splitlines()) == 5


def german(path, panel):
    """As a spreadsheet of a German writes bars: newest first."""
    frame = panel.to_frame().sort_values(["symbol", "timestamp"], ascending=[True, False])
    frame["timestamp"] = frame["timestamp"].dt.strftime("%d.%m.%Y")
    frame["close"] = [f"{value:,.4f} €".translate(str.maketrans(",.", ".,")) for value in frame["close"]]
    names = {"timestamp": "Datum", "symbol": "Wert", "close": "Schluss"}
    frame.rename(columns=names).to_csv(path, index=False, sep=";", encoding="cp1252")
    return str(path)


def as_read(path, **changes):
    """The section of an experiment whose data are such a file."""
    files = {"_target_": "components.data.files.Files", **Files.examples()[0], "path": str(path)}
    return files | {"symbol_column": "Wert", "time_column": "Datum", "columns": {"close": "Schluss"}, **changes}


def standard(**changes):
    policy = {"_target_": "components.quality.standard.StandardPolicy", **StandardPolicy.examples()[0]}
    return policy | {"order": "repair", "minimum_history": 10_000} | changes


def test_bars_are_read_and_mended_as_the_experiment_did(made, tmp_path, bars_csv, capsys):
    plain = bars_csv(tmp_path / "bars.csv", made.panel, last=60)
    data = german(tmp_path / "kurse.csv", made.panel.take(made.panel.timestamps_R >= made.panel.dates_T[-60]))
    made.write(tmp_path / "r" / "vol" / "1")
    made.write(tmp_path / "s" / "vol" / "1", data=as_read("elsewhere.csv"), quality=standard())
    assert predict(tmp_path / "r", plain) == 0
    wanted = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert predict(tmp_path / "s", data) == 0
    found = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(found["symbol"]) == list(wanted["symbol"])
    np.testing.assert_allclose(found["forecast"], wanted["forecast"], rtol=1e-3)
    with pytest.raises(DataError) as error:
        predict(tmp_path / "s", plain)
    assert str(error.value) == (f"{plain}: no column 'Datum' (--time-column); columns: symbol, timestamp, close")
    told = ("--time-column", "timestamp", "--symbol-column", "symbol", "data.columns={}")
    assert predict(tmp_path / "s", plain, *told) == 0
    assert capsys.readouterr().out == wanted.to_csv(index=False, float_format="%.9g")


def test_what_was_sealed_or_added_then_is_no_part_of_new_bars(made, tmp_path, bars_csv, capsys):
    data = german(tmp_path / "kurse.csv", made.panel.take(made.panel.timestamps_R >= made.panel.dates_T[-60]))
    sealed = {"_target_": "components.data.sealed.Sealed", "visible": as_read("x.csv"), "rest": "x.sealed",
              "key_env": "KEY", "opened": False}  # fmt: skip
    made.write(tmp_path / "s" / "vol" / "1", data=sealed, quality=standard())
    assert predict(tmp_path / "s", data) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as stop:
        perform("predict", ["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    for option in (
        "--bundle",
        "--data",
        "--all",
        "--output",
        "--symbol-column",
        "--time-column",
        "--registry",
    ):
        assert option in out
