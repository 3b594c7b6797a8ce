"""Bundles: forecasts as the run's, every byte guarded, nothing half-written, versions in order."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from components.errors import ConfigError, DataError, OutputError
from components.model.linear import Linear
from components.model.naive import Naive
from components.panel import Panel
from runner.bundle import layout
from runner.bundle.reader import Bundle
from runner.bundle.registry import find, register, versions

LONG_SHORT = {
    "_target_": "components.portfolio.rank_long_short.RankLongShort",
    "quantile": 0.34,
    "gross_exposure": 1.0,
    "holding_bars": 3,
}


def test_an_opened_bundle_forecasts_what_the_run_forecast(made, tmp_path):
    bundle = Bundle.open(made.write(tmp_path / "vol" / "1"))
    forecast = bundle.forecast(made.panel)
    assert np.array_equal(forecast.forecast_M[np.isin(forecast.row_M, made.row_M)], made.forecast_M)
    assert forecast.row_M[0] == 22
    assert np.array_equal(forecast.timestamps_M, made.panel.timestamps_R[forecast.row_M])
    assert set(forecast.symbols_M) == {"A", "B", "C"}
    dates_D, forecast_DS = forecast.grid()
    weights_DS = bundle.weights(forecast.view())
    annual_DS = np.exp(forecast_DS / 2) * np.sqrt(made.panel.bars_per_year)
    assert weights_DS == pytest.approx(np.minimum(1, 0.1 / annual_DS) / 3)
    assert len(dates_D) == 400 - 22


@pytest.mark.parametrize(
    "model",
    [Linear(features=("trend", "last_label")), Naive(method="last_value"), Naive(method="train_mean")],
)
def test_every_model_can_be_exported(build, model):
    made = build(model)
    forecast = made.bundle.forecast(made.panel)
    assert np.array_equal(forecast.forecast_M[np.isin(forecast.row_M, made.row_M)], made.forecast_M)


def test_forecasts_are_annualised_as_in_the_run_and_never_look_ahead(made):
    whole = made.bundle.forecast(made.panel)
    cut = made.bundle.forecast(made.panel.before(made.panel.dates_T[350]))
    assert np.array_equal(cut.forecast_M, whole.forecast_M[whole.timestamps_M < made.panel.dates_T[350]])
    weights_DS = made.bundle.weights(whole.view())
    assert np.array_equal(made.bundle.weights(whole.view().until(6, decisions=7, bars=1)), weights_DS[:7])


@pytest.mark.parametrize("name", [*layout.FILES, layout.SUMS])
def test_a_changed_byte_is_refused_with_the_name_of_its_file(made, tmp_path, name):
    folder = made.write(tmp_path / "1")
    data = bytearray((folder / name).read_bytes())
    for position in (0, len(data) // 2, len(data) - 1):
        (folder / name).write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        with pytest.raises(DataError) as error:
            Bundle.open(folder)
        assert "\n" not in str(error.value)
        assert "changed since the bundle was written" in str(error.value)
        if name != layout.SUMS:
            assert str(error.value) == (
                f"{folder / name}: changed since the bundle was written: its checksum is not that of "
                "SHA256SUMS; restore the file or promote the run again"
            )
    (folder / name).unlink()
    with pytest.raises(DataError) as error:
        Bundle.open(folder)
    assert str(error.value) == (
        f"{folder / name}: cannot be read: No such file or directory; a bundle needs bundle.json, "
        "model.onnx, config.yaml, gates.json, parity.json, README.md, SHA256SUMS"
    )


def test_a_file_that_does_not_belong_there_is_refused(made, tmp_path):
    folder = made.write(tmp_path / "1")
    for name in ("run.py", "preprocess.json", "model.fp16.onnx"):
        (folder / name).write_text("{}")
        with pytest.raises(DataError) as error:
            Bundle.open(folder)
        assert str(error.value) == (
            f"{folder / name}: is no file of this bundle; remove it: a bundle holds what SHA256SUMS lists and "
            "nothing else"
        )
        (folder / name).unlink()
    assert Bundle.open(folder).recipe == made.bundle.recipe


def test_the_checksums_are_those_of_sha256sum(made, tmp_path):
    folder = made.write(tmp_path / "1")
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert done.returncode == 0


def test_a_newer_format_is_refused_saying_what_to_upgrade(made, tmp_path):
    folder = made.write(tmp_path / "1")
    manifest = json.loads((folder / "bundle.json").read_bytes())
    files = {name: (folder / name).read_bytes() for name in layout.FILES}
    files["bundle.json"] = json.dumps({**manifest, "format_version": layout.FORMAT_VERSION + 1}).encode()
    (folder / "bundle.json").write_bytes(files["bundle.json"])
    (folder / "SHA256SUMS").write_bytes(layout.checksums(files))
    with pytest.raises(DataError) as error:
        Bundle.open(folder)
    assert str(error.value) == (
        f"{folder}: bundle format {layout.FORMAT_VERSION + 1} is newer than {layout.FORMAT_VERSION}, the newest known "
        "here; upgrade with: pip install --upgrade assay-runner"
    )


def test_only_a_catalogued_portfolio_is_built(made, tmp_path):
    marker = tmp_path / "marker"
    for target in ("pathlib.Path.touch", "os.system", "components.model.naive.Naive"):
        hostile = replace(made.bundle.recipe, portfolio={"_target_": target, "command": f"touch {marker}"})
        with pytest.raises(ConfigError, match=r"^portfolio"):
            _ = Bundle(recipe=hostile, graph=made.bundle.graph).portfolio
    assert not marker.exists()


def test_the_same_bundle_is_the_same_bytes_and_holds_data_only(made, tmp_path):
    first, second = (made.write(tmp_path / name) for name in "ab")
    for name in (*layout.FILES, layout.SUMS):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert sorted(path.name for path in first.iterdir()) == sorted((*layout.FILES, layout.SUMS))


def test_nothing_half_written_remains(made, tmp_path, monkeypatch):
    def failing(path, data):
        if path.name == layout.PARITY:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr("runner.bundle.writer.write_synced", failing)
    with pytest.raises(OutputError, match=r"cannot write: No space left on device; free some space"):
        made.write(tmp_path / "vol" / "1")
    assert list((tmp_path / "vol").iterdir()) == []


def test_an_existing_version_is_never_overwritten(made, tmp_path):
    folder = made.write(tmp_path / "1")
    before = (folder / "bundle.json").read_bytes()
    with pytest.raises(OutputError):
        made.write(folder, name="other")
    assert (folder / "bundle.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_the_card_says_what_was_tested_and_what_was_not(made, tmp_path):
    card = (made.write(tmp_path / "1") / "README.md").read_text()
    for said in (
        "# vol, version 1",
        "over the next 5 bars: a quantity that is not traded itself",
        "**The universe was picked with hindsight**",
        "trial 3 of 4",
        "| beats_last_value | passed | 3.1 | 1.645 | errors are 8.2 % smaller \\| more than luck explains |",
        "| exposure_skill (advisory) | not applicable | - | - | no benchmark |",
        "The model is the one that fold 1, the last, fitted on its train span.",
        "| 1 | 2019-01-01 to 2019-09-01 | 2019-09-01 to 2019-11-01 | 2019-11-01 to 2020-02-05 |",
        "python -m runner predict --bundle vol@1 --data bars.csv",
        "with local changes",
        "bars.csv: columns timestamp, symbol, close; sorted by symbol, then time; at least 23 bars of a",
    ):
        assert said in card


def test_versions_count_up_and_a_run_keeps_its_own(made, tmp_path):
    def register_run(key):
        def write(folder, version):
            made.write(folder, version=version)
            manifest = json.loads((folder / "bundle.json").read_bytes())
            manifest["run"]["run_key"] = key
            (folder / "bundle.json").write_text(json.dumps(manifest))

        return register(tmp_path, "vol", key, write)

    assert [register_run(key).name for key in ("a", "b", "a", "c", "b")] == ["1", "2", "1", "3", "2"]
    assert versions(tmp_path, "vol") == [1, 2, 3]
    assert find("vol", tmp_path) == tmp_path / "vol" / "3"
    assert find("vol@2", tmp_path) == tmp_path / "vol" / "2"
    assert find(str(tmp_path / "vol" / "1"), tmp_path) == tmp_path / "vol" / "1"
    for reference, message in {
        "vol@4": "vol@4: no such version; versions of 'vol': 1, 2, 3",
        "vlo": f"vlo: no such bundle; did you mean 'vol'? bundles in {tmp_path}: vol",
        "../vol": f"../vol: no such bundle; did you mean 'vol'? bundles in {tmp_path}: vol",
    }.items():
        with pytest.raises(DataError) as error:
            find(reference, tmp_path)
        assert str(error.value) == message
    with pytest.raises(DataError) as error:
        find("vol", tmp_path / "nowhere")
    assert str(error.value) == (
        f"vol: no such bundle: {tmp_path / 'nowhere'} is empty; promote a run first: python -m runner promote RUN"
    )


def test_promoting_at_the_same_time_gives_distinct_versions(made, tmp_path):
    def one(key):
        return register(tmp_path, "vol", key, lambda folder, version: made.write(folder, version=version) and None)

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(one, "abcdefgh"))
    assert sorted(int(folder.name) for folder in folders) == list(range(1, 9))


def test_a_bad_name_is_refused(tmp_path):
    for name in ("../vol", "", "a/b", ".hidden", "a b"):
        with pytest.raises(ConfigError) as error:
            register(tmp_path, name, "key", lambda folder, version: None)
        assert str(error.value) == (
            f"export.name: '{name}' is no name of a bundle; use letters, digits, dot, dash and underscore"
        )


def test_weights_that_depend_on_earlier_forecasts_are_unknown_at_first(build):
    made = build(Linear(features=None), portfolio=LONG_SHORT)
    view = made.bundle.forecast(made.panel).view()
    weights_DS = made.bundle.weights(view)
    assert np.isnan(weights_DS[:2]).all()
    assert np.isfinite(weights_DS[2:]).all()
    last = len(view.decided_D) - 1
    later = view.until(last, decisions=last - 9, bars=1)
    assert np.array_equal(made.bundle.weights(later)[2:], weights_DS[12:])


def test_what_the_bars_lack_is_named(made, build):
    panel = made.panel
    with pytest.raises(DataError) as error:
        made.bundle.forecast(replace(panel, fields={"open": panel.fields["close"]}))
    assert str(error.value) == "the bars lack close; the bundle reads close, given are open"
    with pytest.raises(DataError) as error:
        made.bundle.forecast(panel.before(panel.dates_T[20]))
    assert str(error.value) == (
        "too few bars: the longest symbol, A, has 20; 'variance_22' looks back 22 bars, so give at least 23"
    )
    holes = replace(panel, fields={"close": np.where(np.arange(panel.n_rows) % 5 == 0, np.nan, 1.0)})
    with pytest.raises(DataError, match=r"^no bar can be forecast: 'variance_5' is missing at every bar; mend"):
        made.bundle.forecast(holes)


def test_a_cross_section_needs_its_whole_universe(build):
    made = build(Linear(features=None), rank="cs_rank(close)")
    two: Panel = made.panel.take(made.panel.symbol_codes_R < 2)
    with pytest.raises(DataError) as error:
        made.bundle.forecast(two)
    assert str(error.value) == (
        "the bars lack the symbols C; the bundle's features compare symbols, so it needs its whole universe of 3"
    )
    assert len(made.bundle.forecast(made.panel).row_M)
