"""The verb `features`, as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import ended
from runner.cli import main
from runner.recording.ledger import Ledger
from runner.report.features import STATEMENT


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """What it printed, its folder, and the current folder."""
    here = tmp_path_factory.mktemp("features")
    process = ended(here, "features", "+experiment=sp500_volatility", "split.n_folds=3")
    assert process.returncode == 0, process.stderr
    (folder,) = (here / "outputs" / "features" / "sp500_volatility").iterdir()
    return process.stdout, folder, here


def test_every_feature_is_printed_in_the_order_of_the_set(shown: tuple[str, Path, Path]) -> None:
    out, folder, _ = shown
    names = [feature["name"] for feature in json.loads((folder / "features.json").read_text())["features"]]
    assert names[:2] == ["log_variance_1", "log_variance_5"]
    lines = out.splitlines()
    printed = [line.split()[0] for line in lines if line.split() and line.split()[0] in names]
    assert printed == names + names
    assert any(line.split() == ["Feature", "all", "fold", "1", "fold", "2", "fold", "3"] for line in lines)
    assert max(map(len, lines)) <= 100
    assert " ".join(STATEMENT.split()) in " ".join(out.split())


def test_files_hold_the_figures(shown: tuple[str, Path, Path]) -> None:
    _, folder, here = shown
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.yaml", "features.json", "features.parquet", "features.png"
    ]  # fmt: skip
    summary = json.loads((folder / "features.json").read_text())
    table = pd.read_parquet(folder / "features.parquet")
    assert summary["statement"] == STATEMENT
    assert len(summary["folds"]) == 3
    for feature, (_, row) in zip(summary["features"], table.iterrows(), strict=True):
        assert feature["ic_by_fold"] == [row["ic_fold_1"], row["ic_fold_2"], row["ic_fold_3"]]
        assert feature["coverage"] == row["coverage"] == 1.0
        assert -1 <= row["ic"] <= 1
    # Variance is persistent: of all features, its own past ranks the target best.
    assert table.loc[table["ic"].idxmax(), "name"] in ("log_variance_5", "log_variance_22")
    # Nothing was tried: the ledger knows a look, and there is no run.
    ledger = Ledger.open(here / "ledger.sqlite")
    kinds = [event.kind for event in ledger.chain.read(lambda transaction: list(transaction.events()))]
    assert kinds == ["family", "look"]
    assert not (here / "outputs" / "runs").exists()


def test_the_stored_features_serve_a_second_look(shown: tuple[str, Path, Path]) -> None:
    _, folder, here = shown
    again = ended(here, "features", "+experiment=sp500_volatility", "split.n_folds=3")
    assert again.returncode == 0, again.stderr
    stages = [line.split() for line in again.stderr.splitlines() if line.startswith("[")]
    assert [stage[-1] for stage in stages if stage[1] == "features"] == ["cached"]
    assert len(list(folder.parent.iterdir())) == 2


def test_appended_bars_are_computed_alone(tmp_path: Path) -> None:
    days = pd.bdate_range("2010-01-01", periods=1_200)
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, len(days))))
    bars = pd.DataFrame({"date": days, "open": close, "high": close * 1.01, "low": close * 0.99, "close": close})
    bars["volume"] = 1e6
    overrides = ("data=files", "data.path=bars.csv", "split.n_folds=2", "split.vault_start=null")
    for n_bars in (1_199, 1_200):
        bars[:n_bars].to_csv(tmp_path / "bars.csv", index=False)
        process = ended(tmp_path, "features", "+experiment=sp500_volatility", *overrides)
        assert process.returncode == 0, process.stderr
    headers = (tmp_path / "outputs" / "store").glob("compute_features-*/*/*/part.json")
    stretches = sorted(json.loads(header.read_text())["stretches"][0][1:3] for header in headers)
    assert stretches == [[0, 1_199], [1_199, 1_200]]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--zzz"], ["--zzz: unknown flag of features; see python -m runner features --help"]),
        (["+experiment=sp500_volatility", "seed=-1"], ["seed: -1 is not allowed; must be >= 0"]),
    ],
)
def test_errors(arguments: list[str], lines: list[str], tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert main(["features", *arguments]) == 2
    assert capsys.readouterr().err.splitlines() == lines
