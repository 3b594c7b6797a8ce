"""One stage a fold: a kill in the last fold repeats that fold, processes side by side share folds, and what comes
from the store is what was computed, to the bit."""

import signal
import time
from pathlib import Path

import pytest

from harness import ended, started

MODEL = '''
import os
import time
from dataclasses import dataclass
from pathlib import Path

from components.contracts import NOTHING, FittedModel, Inherited, Loss
from components.model.ridge import Ridge
from components.values import Resources, Samples


@dataclass(frozen=True, kw_only=True)
class Slow(Ridge):
    """Ridge that writes down its fits, and takes its time in the one that it is told to."""

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        with Path("fits").open("a") as file:
            file.write(f"{train.timestamps_N.max()}\\n")
        if os.environ.get("SLOW") == str(len(Path("fits").read_text().splitlines())):
            Path("sleeping").touch()
            time.sleep(300)
        return super().fit(train, valid, loss=loss, seed=seed, resources=resources, inherited=inherited)
'''
RUN = ("+experiment=sp500_volatility", "debug=fast", "debug.max_folds=4", "tracking=none", "model=slow",
       "resources.workers=1")  # fmt: skip
FOLDS = 4
TABLES = ("forecasts", "weights", "equity", "trades")
RESULTS = (*(f"{name}.parquet" for name in TABLES), "metrics.json", "statistics.json", "gates.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepared(tmp_path / "own")


def prepared(folder: Path) -> Path:
    (folder / "conf/model").mkdir(parents=True)
    (folder / "conf/model/slow.yaml").write_text("_target_: slow_model.Slow\npenalty: 10.0\n")
    (folder / "slow_model.py").write_text(MODEL)
    (folder / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["slow_model"]\n')
    return folder


def fits(folder: Path) -> list[str]:
    return (folder / "fits").read_text().splitlines()


def run(folder: Path) -> Path:
    """A run to its end; its folder."""
    done = ended(folder, *RUN)
    assert done.returncode == 0, done.stderr
    return (folder / "outputs/latest").resolve()


def results(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in RESULTS if (run / name).exists()}


def killed_in_fit(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOW", str(number))
    process = started(folder, *RUN)
    deadline = time.monotonic() + 120
    while not (folder / "sleeping").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    monkeypatch.delenv("SLOW")


def test_a_kill_in_the_last_fold_repeats_one_fold(folder, tmp_path, monkeypatch):
    killed_in_fit(folder, FOLDS, monkeypatch)
    assert len(fits(folder)) == FOLDS
    after = results(run(folder))
    assert len(fits(folder)) == FOLDS + 1
    assert fits(folder)[-1] == fits(folder)[-2]
    assert len(after) >= 5
    whole = prepared(tmp_path / "whole")
    assert after == results(run(whole))
    assert len(fits(whole)) == FOLDS
    again = results(run(whole))
    assert len(fits(whole)) == FOLDS
    assert again == after
    assert not [path for name in (".partial", ".locks") for path in (folder / "outputs/store" / name).glob("*")]


def test_two_processes_fit_every_fold_once(folder):
    both = [started(folder, *RUN) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
    assert len(fits(folder)) == FOLDS
    first, second = (results(path.parent) for path in sorted(folder.glob("outputs/runs/*/*/manifest.json")))
    assert first == second
