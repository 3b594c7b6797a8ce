"""A study from its file to its page: it goes on where it was, and nothing that ended runs again."""

import json
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from components.data.simulated import Simulated
from components.errors import ConfigError
from docs import ROOT
from harness import started
from made_studies import study
from runner.recording.run_folder import manifest_of
from runner.studies.conduct import conduct
from runner.studies.results import FILE
from runner.studies.searching import searched
from runner.studies.study import Study, read_study

SMALL = (
    *("name=small", "data=simulated", "data.columns=2", "data.bars_each=400", "features=expressions"),
    *("features.expressions={a: column_1, b: column_2}", "target=forward_return", "target.cross_sectional=none"),
    *("target.horizon_bars=2", "split.n_folds=2", "split.vault_start=last 100 bars", "model=ridge"),
    *("baselines=naive", "portfolio=return_sign", "gates=returns", "model.penalty=1.0,100.0"),
)
LATER = ("split=holdout", "split.train_share=0.6", "split.valid_share=0.19", "split.vault_start=null", "gates=own")
NEEDS_DATA = {"sentiment", "choosing_rules_real"}
PUBLISHED = sorted(path.parent for path in (ROOT / "experiments").glob("*/study.yaml"))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def small(**named: object) -> Study:
    return study(**{"always": SMALL, "later": LATER, "draws": {"data.seed": 2}, **named})


def conducted(folder: Path, asked: Study, minutes: float = 5.0) -> list[str]:
    said: list[str] = []
    folder.mkdir(exist_ok=True)
    conduct(folder, asked, minutes, said.append)
    return [re.sub(r"\d+ s$", "", line) for line in said]


def test_each_search_is_one_line_and_none_is_made_twice(tmp_path: Path) -> None:
    folder, asked = tmp_path / "asked", small()
    assert conducted(folder, asked, minutes=0.0) == []
    assert "0 of 2 searches" in (folder / "README.md").read_text()
    assert conducted(folder, asked) == ["1 of 2: one, draw 0, 2 trials in ", "2 of 2: one, draw 1, 2 trials in "]
    assert conducted(folder, asked) == []
    first, second = (json.loads(line) for line in (folder / FILE).read_text().splitlines())
    assert first["data"] != second["data"]
    assert first["chosen"]["tries"] == 2, "its verdict counts all that were tried until the choice, and nothing later"
    assert first["trials"]["valid"] != first["trials"]["test"] != first["trials"]["later"]
    assert None not in first["trials"]["later"] + first["trials"]["steady"]
    assert "All 2 searches with 4 finished trials" in (folder / "README.md").read_text()
    assert (folder / "answer.svg").is_file()


def bars(seed: int) -> str:
    source = Simulated(
        symbols=1, bars_each=400, columns=2, knowing=0, strength=0.0, persistence=0.9, correlation=0.0, seed=seed
    )
    return source.load().to_frame().rename(columns={"timestamp": "date"}).to_csv(index=False)


def test_a_search_that_was_begun_is_gone_on_with_unless_its_data_have_changed(tmp_path: Path) -> None:
    made = ("data=simulated", "data.columns=2", "data.bars_each=400")
    read = ("data=files", "data.path=bars.csv", "data.symbol_column=symbol")
    asked = small(always=(*read, *(text for text in SMALL if text not in made)), draws={}, later=None)
    (cell,) = asked.cells()
    (tmp_path / "bars.csv").write_text(bars(1))
    found, again = searched(asked, cell), searched(asked, cell)
    assert (again.trials, again.chosen) == (found.trials, found.chosen)
    assert len(list(tmp_path.glob("outputs/sweeps/*"))) == 1
    (tmp_path / "bars.csv").write_text(bars(2))
    other = searched(asked, cell)
    assert (other.data != found.data, other.trials.valid != found.trials.valid) == (True, True)
    assert len(list(tmp_path.glob("outputs/sweeps/*"))) == 2


@pytest.mark.slow
def test_what_the_search_has_seen_is_not_later(tmp_path: Path) -> None:
    early = (*LATER[1:3], "split=holdout", "split.vault_start=last 100 bars", "gates=own")
    asked = small(later=early, draws={})
    with pytest.raises(ConfigError) as error:
        searched(asked, asked.cells()[0])
    found = re.sub(r"\d{4}-\d\d-\d\d", "DATE", str(error.value))
    assert found == (
        "later: tests from DATE on, and the search has seen bars until DATE; "
        "let its test spans begin later, or split.vault_start earlier"
    )


def test_what_is_wrong_with_any_cell_is_told_before_anything_runs(tmp_path: Path) -> None:
    asked = small(arms={"one": (), "other": ("model.penalty=0",)}, later=(*LATER, "split.n_folds=3"))
    with pytest.raises(ConfigError) as error:
        conducted(tmp_path / "asked", asked)
    assert str(error.value).splitlines()[-1].startswith("other, draw 0: model.penalty: 0 is not allowed; must be > 0")
    assert not (tmp_path / "outputs").exists()


@pytest.mark.slow
def test_a_study_that_is_killed_goes_on_and_runs_no_trial_twice(tmp_path: Path) -> None:
    text = json.dumps({**dict.fromkeys(("title", "question", "expectation", "method"), "x"), "metric": "correlation",
                       "always": [*SMALL[:-1], "model.penalty=1.0,3.0,10.0,30.0"], "arms": {"one": []},
                       "draws": {"data.seed": 2}})  # fmt: skip
    (tmp_path / "asked").mkdir()
    (tmp_path / "asked" / "study.yaml").write_text(text)
    process = started(tmp_path, "study", "asked")
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("outputs/sweeps/*/jobs/*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    process = started(tmp_path, "study", "asked", "--json")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    answer = json.loads(out)
    assert (answer["searches"], answer["found"]) == (2, 2)
    assert len(list(tmp_path.glob("outputs/sweeps/*"))) == 2
    runs = [manifest_of(path.parent) for path in tmp_path.glob("outputs/runs/*/*/manifest.json")]
    finished = [(tuple(run["overrides"])) for run in runs if run["state"] == "finished"]
    assert len(set(finished)) == 8
    assert len(finished) <= 9, "at most the trial that ended in the moment of the kill ran again"


@pytest.mark.slow
@pytest.mark.parametrize("published", PUBLISHED, ids=lambda folder: folder.name)
def test_a_published_study_runs(published: Path, tmp_path: Path) -> None:
    if published.name in NEEDS_DATA and not os.environ.get("ASSAY_DATA"):
        pytest.skip("set ASSAY_DATA to the folder of the market data")
    asked = read_study(published)
    always = tuple("sweep.trials=2" if text.startswith("sweep.trials=") else text for text in asked.always)
    arms = {
        arm: (*("sweep.trials=2" if text.startswith("sweep.trials=") else text for text in overrides), *_light(always))
        for arm, overrides in list(asked.arms.items())[:2]
    }
    cases = dict(list(asked.cases.items())[:1])
    tiny = replace(asked, always=always, arms=arms, cases=cases, draws=dict.fromkeys(asked.draws, 1))
    conducted(tmp_path / published.name, tiny)
    page = (tmp_path / published.name / "README.md").read_text()
    assert "searches with" in page or "The only search with" in page
    assert "## Answer" in page


def _light(always: tuple[str, ...]) -> tuple[str, ...]:
    return ("model.n_estimators=20",) if any("sp500_direction" in text for text in always) else ()
