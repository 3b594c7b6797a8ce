"""From Python: errors have the fields of the command line, and a run is what its folder holds."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import assay
from assay.notebook import asked
from runner.composition.compose import compose


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment on bars that drift."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    rng = np.random.default_rng(4)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 320)))
    pd.DataFrame({"date": pd.bdate_range("2015-01-02", periods=320), "close": close}).to_csv("bars.csv", index=False)
    slots = {
        **{"data": "files", "features": "expressions", "target": "direction", "loss": "logistic"},
        **{"baselines": "naive", "portfolio": "direction", "gates": "classification", "tracking": "none"},
    }
    content = {
        "defaults": [{f"override /{slot}": choice} for slot, choice in slots.items()],
        "data": {"path": "bars.csv", "time_column": "date", "symbol_column": None},
        "features": {"expressions": {"r": "close / ref(close, 1) - 1"}},
        "split": {"n_folds": 2, "vault_start": None},
    }
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    text = yaml.safe_dump(content, sort_keys=False)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text(f"# @package _global_\n{text}")
    return tmp_path


def test_settings_are_what_they_would_be_as_overrides() -> None:
    settings = {
        "seed": 3,
        "split.vault_start": None,
        "gates.enforce": True,
        "model.penalty": 2.5,
        "features.expressions": {"a": "mean(close, 5) / close", "b": "it's 'quoted' \\ {x}", "c": "\\", "d": "\\'"},
        "resources.workers": 1,
    }
    config = compose(asked("sp500_volatility", ["model=ridge"], settings)).config
    assert (config["seed"], config["split"]["vault_start"], config["gates"]["enforce"]) == (3, None, True)
    assert config["model"]["penalty"] == 2.5
    assert settings["features.expressions"].items() <= config["features"]["expressions"].items()


def test_what_is_wrong_is_raised_with_its_fields() -> None:
    with pytest.raises(assay.ConfigError) as error:
        assay.check("sp500_volatility", "model=rigde", settings={"seed": -1})
    first, second = error.value.to_json()
    assert (first["code"], first["fix"]) == ("no_such_choice", ["model=ridge"])
    assert "ridge" in first["allowed"]
    assert (second["code"], second["path"], second["value"], second["fix"]) == ("not_allowed", "seed", -1, ["seed=0"])
    assert second["allowed"] == {"type": "integer", "minimum": 0}
    with pytest.raises(assay.ConfigError, match=r"^run 'nope' does not exist"):
        assay.load("nope")


@pytest.mark.slow
def test_a_run_is_what_its_folder_holds(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = assay.run("mine", "debug=fast", "model=lightgbm")
    assert capsys.readouterr() == ("", "")
    assert run.folder.parent == Path("outputs/runs/mine")
    assert assay.load().id == assay.load(run.id[:16]).id == assay.load(run.folder).id == run.id
    told = json.loads((run.folder / "gates.json").read_text())
    assert (run.level, run.passed) == (told["level"], told["passed"])
    assert list(run.gates.index) == [gate["name"] for gate in told["gates"]]
    assert run.metrics["backtest/sharpe"] == json.loads((run.folder / "metrics.json").read_text())["backtest/sharpe"]
    for name in ("forecasts", "weights", "trades", "equity"):
        pd.testing.assert_frame_equal(getattr(run, name), pd.read_parquet(run.folder / f"{name}.parquet"))
    assert run.config["features"]["expressions"]["r"] == "close / ref(close, 1) - 1"
    assert run.events["event"].iloc[[0, -1]].tolist() == ["started", "finished"]
    assert run.verdict.splitlines()[0] in run._repr_html_()
    run.tag("first")
    table = assay.runs("tag=first", sort="sharpe")
    assert (table.index.tolist(), table["level"].tolist(), table["model"].tolist()) == (
        [run.id],
        [run.level],
        ["lightgbm"],
    )
    assert assay.runs("tag=second").empty
    same = run.compare(run)
    assert set(same.index.get_level_values("part")) == {"metrics"}
    assert repr(run) == f"Run('{run.id}', mine: {run.level})"
