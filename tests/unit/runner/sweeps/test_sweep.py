"""Sweeps on a small market without an edge: what is resumed, begun warm, split by symbol, planned."""

import json
import resource
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from components.errors import ConfigError
from kills import EXPERIMENT, bars, case
from runner.answer import Answer
from runner.recording.ledger import Ledger
from runner.sweeps.aims import Aims
from runner.sweeps.endings import scored
from runner.sweeps.opened import opened_again
from runner.sweeps.parts import parts_of
from runner.sweeps.plan import WITHIN
from runner.sweeps.study import Study
from runner.sweeps.sweep import sweep
from runner.whole import is_whole

PENALTY = ("model=ridge", "model.penalty=tag(log,interval(0.01,1000))", "sweep.judged=0")
RANDOM = (*EXPERIMENT, *PENALTY, "sweep.search=random", "sweep.objectives=[valid/mse]")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    bars(tmp_path)
    return tmp_path


def study_of(answer: Answer) -> Study:
    study = opened_again(Path(answer.content["folder"])).study()
    study.refresh()
    return study


def runs(place: Path) -> set[str]:
    return {path.parent.name for path in place.glob("outputs/runs/*/*/manifest.json")}


def without_end(journal: Path, number: int) -> None:
    """As if its worker had died before it told how the trial ended."""
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(line for line in lines if json.loads(line).get("told") != number) + "\n")


@pytest.mark.parametrize("kept", [pytest.param(True, marks=pytest.mark.slow), False])
def test_what_ended_and_was_not_told_is_found_and_not_run_again(place: Path, kept: bool) -> None:
    first = sweep([*RANDOM, "sweep.trials=2"])
    folder, before = Path(first.content["folder"]), runs(place)
    ended = study_of(first).trials[1]
    assert ended.key == json.loads((Path(str(ended.run)) / "manifest.json").read_text())["trial"]["key"]
    without_end(folder / "study.jsonl", 1)
    if not kept:
        (folder / "jobs" / "1.json").unlink()
    again = study_of(sweep(["sweep.resume=latest"])).trials[1]
    assert runs(place) == before
    assert again.again
    assert replace(again, worker="", again=False, leases=1, seconds=0.0) == replace(ended, worker="", seconds=0.0)


def test_a_trial_without_the_figure_that_decides_is_recorded_apart(place: Path) -> None:
    answer = sweep([*RANDOM, "sweep.trials=1"])
    opened = opened_again(Path(answer.content["folder"]))
    lacking = replace(opened, aims=Aims(objectives=("valid/rank_ic", "valid/mse"), directions=(1, -1)))
    (trial,) = study_of(answer).trials
    ending = scored(lacking, Path(str(trial.run)), 0, trial.scores, 1.0)
    assert (ending.state, ending.says, ending.objectives) == ("nan", "no valid/rank_ic", ())


@pytest.mark.slow
def test_a_duplicate_of_a_point_runs_again_and_counts_once(place: Path) -> None:
    answer = sweep([*EXPERIMENT, "model=ridge", "model.penalty=choice(1)", "sweep.search=random", "sweep.trials=3",
                    "sweep.judged=0"])  # fmt: skip
    assert [trial.state for trial in study_of(answer).trials] == ["finished"] * 3
    assert len(runs(place)) == 3
    ledger = Ledger.open()
    (family,) = ledger.families()
    assert ledger.count(family.family) == 1


def test_a_search_begins_with_what_the_ledger_knows_of_its_space(place: Path) -> None:
    earlier = study_of(sweep([*RANDOM, "sweep.trials=3"])).trials
    sweep([*RANDOM, "sweep.trials=1", "seed=5"])  # another seed is another experiment
    warm = (*RANDOM, "sweep.search=tpe", "sweep.trials=2")
    answer = sweep([*warm, "sweep.warm_start=true"])
    study = study_of(answer)
    told = [(trial.values, trial.objectives, trial.scores, trial.run) for trial in earlier]
    assert [(past.values, past.objectives, past.scores, past.run) for past in study.known] == told
    assert len(study.trials) == 2
    assert len(study_of(sweep([*warm, "sweep.warm_start=2", "sweep.trials=1"])).known) == 2
    ranges = [float(trial.values["model.penalty"]) for trial in earlier]
    narrow = f"model.penalty=tag(log,interval({max(ranges) * 0.99},1001))"
    kept = study_of(sweep([*EXPERIMENT, "model=ridge", narrow, *warm[-4:], "sweep.warm_start=true"])).known
    assert all(float(past.values["model.penalty"]) >= max(ranges) * 0.99 for past in kept)
    assert earlier[ranges.index(max(ranges))].run in {past.run for past in kept}


def test_every_symbol_has_a_search_of_its_own(place: Path) -> None:
    lines = (place / "bars.csv").read_text().splitlines()
    rows = [f"{line},{symbol}" for symbol in ("ON", "B/C") for line in lines[1:]]
    (place / "bars.csv").write_text("\n".join([f"{lines[0]},symbol", *rows]) + "\n")
    asked = [*RANDOM, "data.symbol_column=symbol", "sweep.trials=2", "sweep.by=symbol", "sweep.minutes=30"]
    answer = sweep(asked)
    parts = parts_of(Path(answer.content["folder"]))
    assert {symbol: part["best"] is not None for symbol, part in answer.content["parts"].items()} == {
        "B/C": True, "ON": True}  # fmt: skip
    assert [part.settings.minutes for part in parts] == [15, 15]
    assert [part.folder.name for part in parts] == ["B%2FC", "ON"]
    for part, symbol in zip(parts, ("B/C", "ON"), strict=True):
        for trial in part.study().refresh():
            manifest = json.loads((Path(str(trial.run)) / "manifest.json").read_text())
            assert (manifest["data"]["n_symbols"], manifest["sweep"]["name"]) == (1, part.name)
            assert f"data.symbols=['{symbol}']" in manifest["overrides"]
    before = runs(place)
    assert len(before) == 4
    with pytest.raises(ConfigError, match="has a search for every symbol; name one of"):
        opened_again(Path(answer.content["folder"]))
    again = sweep(["sweep.resume=latest"])
    assert again.content["parts"] == answer.content["parts"]
    alone = sweep([f"sweep.resume={Path(answer.content['folder']) / 'ON'}"])
    assert alone.content["parts"] == {"ON": answer.content["parts"]["ON"]}
    assert runs(place) == before


def test_the_next_is_judged_where_the_best_is_gone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = study_of(sweep([*RANDOM, "sweep.trials=2"]))
    first, second = sorted(study.trials, key=lambda trial: trial.objectives)
    shutil.rmtree(str(first.run))
    assert not is_whole(Path(str(second.run)))
    sweep(["sweep.resume=latest", "sweep.judged=1"])
    assert is_whole(Path(str(second.run)))
    assert f"{first.run}: no such run folder" in capsys.readouterr().err


def test_a_plan_does_not_depend_on_what_the_store_holds(place: Path) -> None:
    asked = [*RANDOM, "sweep.trials=2", "sweep.null_worlds=3", "sweep.plan=true"]
    first, again = (sweep(asked).content["plan"] for _ in range(2))
    assert (first["trials"], first["null_trials"]) == (2, 6)
    assert first["disk_bytes"] == pytest.approx(again["disk_bytes"], rel=0.02)
    assert not list(place.glob("outputs/runs/*"))


@pytest.mark.slow
def test_a_plan_is_held_by_the_sweep(place: Path) -> None:
    asked = [*RANDOM, "sweep.trials=6"]
    lines = (place / "bars.csv").read_text().splitlines()
    (place / "two.csv").write_text("\n".join([f"{lines[0]},symbol", *(f"{x},{s}" for s in "AB" for x in lines[1:])]))
    two = ("data.path=two.csv", "data.symbol_column=symbol", "sweep.by=symbol", "sweep.plan=true")
    assert sweep([*asked, *two]).content["plan"]["trials"] == 12
    # What is imported once was imported by now, as it will be when the sweep runs here.
    expected = sweep([*asked, "sweep.plan=true"]).content["plan"]
    assert (expected["trials"], expected["points"], expected["checked"]) == (6, 2, 4)
    assert not list(place.glob("outputs/sweeps/*"))
    ledger = Ledger.open()
    assert sum(ledger.count(family.family) for family in ledger.families()) == 0
    before = written(place)
    study = study_of(sweep(asked))
    assert len(study.trials) == 6
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"disk_bytes": written(place) - before, "memory_bytes": peak}
    found["seconds"] = study.clock.processor_seconds
    for name, value in found.items():
        assert expected[name] / WITHIN <= value <= expected[name] * WITHIN, (name, value, expected)


@pytest.mark.slow
def test_a_plan_of_null_worlds_is_held_by_their_search(place: Path) -> None:
    asked = [*RANDOM, "sweep.trials=6"]
    sweep([*asked, "sweep.plan=true"])  # imports and compiles
    alone, both = (sweep([*asked, "sweep.plan=true", *more]).content["plan"] for more in ((), ("sweep.null_worlds=8",)))
    folder = sweep(asked).content["folder"]
    began = time.process_time()
    sweep([f"sweep.resume={folder}", "sweep.null_worlds=8"])
    used = time.process_time() - began
    assert both["null_trials"] == 48
    assert both["seconds"] - alone["seconds"] < used * WITHIN
    assert used < both["seconds"] * WITHIN


def written(place: Path) -> int:
    return sum(path.stat().st_size for path in place.glob("outputs/*/**/*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize(("search", "workers"), [("multivariate_tpe", 1), ("nsga2", 1), ("qmc", 2)])
def test_a_sweep_that_is_killed_at_random_moments_ends_as_if_it_had_not_been(
    search: str, workers: int, tmp_path: Path
) -> None:
    found = case(tmp_path, search, trials=8, kills=7, workers=workers, seed=11)
    assert found.pop("seconds") > 0
    assert found == {
        **{"search": search, "workers": workers, "kills": 7, "trials": 8, "same_table": True},
        **dict.fromkeys(("ran_twice", "lost", "shared_folders", "overwritten"), 0),
    }
