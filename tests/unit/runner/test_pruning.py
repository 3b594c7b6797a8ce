"""A trial that is stopped after a fold: what was heard counts, what ran ahead does not."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from runner.composition.configure import configure
from runner.console import Console
from runner.job import Bench, run_job
from runner.recording.ledger import Ledger
from runner.results import Outcome
from runner.specification.places import HERE

OVERRIDES = ("+experiment=sp500_volatility", "model=ridge", "tracking=none", "export=never")


class After:
    """Stops after a fold, and remembers what it was told."""

    figures: frozenset[str] = frozenset()

    def __init__(self, fold: int | None) -> None:
        self.fold, self.heard = fold, dict[int, Mapping[str, float]]()

    def stop(self, fold: int, scores: Mapping[str, float]) -> str | None:
        self.heard[fold] = scores
        return "it is hopeless" if fold == self.fold else None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.db"))
    return tmp_path


def ran(pruner: After, workers: int) -> tuple[Outcome, dict]:
    experiment, composed = configure(OVERRIDES)
    experiment = replace(experiment, resources=replace(experiment.resources, workers=workers))
    with Bench.at(HERE) as bench:
        outcome = run_job(experiment, composed, Console(io.StringIO()), bench, pruner=pruner)
    return outcome, json.loads((outcome.folder / "manifest.json").read_text())


def test_a_trial_is_pruned_after_fold_2(place: Path) -> None:
    pruner = After(2)
    outcome, manifest = ran(pruner, workers=2)
    assert (outcome.verdict, outcome.exit_code) == (None, 0)
    assert list(pruner.heard) == [1, 2]
    assert manifest["state"] == "pruned"
    assert (manifest["pruned"]["fold"], manifest["pruned"]["reason"]) == (2, "it is hopeless")
    assert manifest["pruned"]["scores"] == [pruner.heard[1], pruner.heard[2]]
    ledger = Ledger.open()
    (family,) = ledger.families()
    (trial,) = ledger.trials(family.family)
    assert trial.state == "pruned"
    # Only what the heard folds forecast and earned is left behind for those after it.
    returns = ledger.series([trial], "returns")[trial.key]
    assert len(returns.values_T) > 500
    assert str(returns.stamps_T[-1].astype("datetime64[D]")) < manifest["folds"][2]["test"][0][0]


def test_scores_come_in_the_order_of_the_folds_however_many_run_side_by_side(place: Path) -> None:
    alone, together = After(None), After(None)
    ran(alone, workers=1)
    outcome, manifest = ran(together, workers=2)
    assert list(together.heard) == list(range(1, len(manifest["folds"]) + 1))
    assert together.heard == alone.heard
    metrics = json.loads((outcome.folder / "metrics.json").read_text())
    for fold, scores in together.heard.items():
        assert scores["valid/r2"] == pytest.approx(metrics[f"valid/r2_fold_{fold}"], abs=0)
