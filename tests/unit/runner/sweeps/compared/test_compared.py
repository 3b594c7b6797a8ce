"""Sweeps set side by side: every kind of trial has its place, and the choice is judged as it was made."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import answer
from runner.cli import main
from runner.recording import keeping
from runner.recording.ledger import Ledger
from runner.sweeps.nulls.search import Found
from swept import Told
from swept import made as swept

RIDGE = {"model": "ridge"}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))


def ridge(number: int, valid: float | None, test: float | None, **of: Any) -> Told:
    return Told(values={**RIDGE, "model.penalty": repr(0.1 * (number + 1))}, valid=valid, test=test, **of)


def several(n: int = 8) -> list[Told]:
    """The one that is best by validation is second best by test."""
    trials = [ridge(number, 0.01 * number, 0.01 * number) for number in range(n)]
    return [*trials[:-2], ridge(n - 2, 0.01 * n, 0.5), ridge(n - 1, 0.5, 0.4)]


def page(folder: Path) -> str:
    return (folder / "compare.html").read_text()


def values(text: str) -> Any:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def test_the_choice_is_by_validation_and_its_regret_by_test() -> None:
    folder = swept(several()).folder
    found = answer("compare", str(folder))
    assert (found["exit_code"], found["chosen"], found["front"]) == (0, "7", [])
    regret = found["regret"]
    assert (regret["chosen"], regret["best"], regret["trials"]) == ("7", "6", 8)
    assert regret["lost"] == pytest.approx(0.1)
    assert regret["as_good"] == pytest.approx(2 / 8)
    assert regret["says"][0].startswith("The trial that validation chooses is 0.100 worse by R² on the test spans than")
    assert [each["name"] for each in found["parameters"]] == ["model.penalty"], "only what differs"
    assert found["fixed"] == {"experiment": "mine", "model": "ridge"}
    assert found["trials"][7]["gates"] == {"skill": "failed", "vault": "pending"}
    assert found["gate_shares"]["vault"] == {"pending": 8}
    assert found["levels"] == {"rejected": 8}
    names = [figure["name"] for figure in found["statistics"]]
    assert names == ["sharpe", "expected_maximum", "dsr", "effective_trials", "dsr_strict", "pbo", "spa", "stepm"]
    assert found["next"] == [
        f"python -m runner compare {folder} --html --json",
        f"python -m runner show {found['trials'][7]['run']} --json",
    ]


def test_a_figure_of_which_less_is_better_is_turned_round() -> None:
    trials = [ridge(number, 1.0 - 0.1 * number, 1.0 + 0.1 * number) for number in range(6)]
    folder = swept(trials, objectives=("valid/mse",), directions=(-1,)).folder
    found = answer("compare", str(folder))
    assert (found["chosen"], found["regret"]["best"]) == ("5", "0")
    assert found["regret"]["lost"] == pytest.approx(0.5)
    assert found["stability"]["valid_to_test"] == pytest.approx(-1.0)


def test_the_ledger_notes_the_look_once_and_no_other_bars() -> None:
    sweep = swept(several())
    seen = answer("compare", str(sweep.folder))["seen"]
    assert seen[0].startswith("Test figures of 8 trials are shown. They are for judging the search, not for choosing")
    answer("compare", str(sweep.folder), "--csv", "t.csv")
    events = Ledger.open().chain.read(lambda transaction: list(transaction.events(kind="look")))
    assert [event.content["seen"] for event in events] == [["2010-01-04", "2010-12-31"]]
    assert Ledger.open().verify() == []
    assert Ledger.open().look_back(frozenset({"nobody"}), "compare") is None


def test_trials_that_the_ledger_never_saw_have_no_statistics() -> None:
    found = answer("compare", str(swept(several(), ledger=False).folder), "--html")
    assert found["statistics"] == []
    assert found["seen"][1] == "The ledger knows none of these trials: it cannot note that they were looked at."
    assert values(page(Path(found["page"]).parent))["equity"]["of"] == {}


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [([], None), ([ridge(0, 0.1, 0.2)], "0"), ([ridge(0, 0.1, 0.2), ridge(1, 0.1, 0.2)], "0")],
    ids=["none", "one", "two alike"],
)
def test_what_is_too_little_is_said_and_not_computed(trials: list[Told], chosen: str | None) -> None:
    folder = swept(trials).folder
    found = answer("compare", str(folder), "--html")
    assert (found["exit_code"], found["chosen"], found["stability"]) == (0, chosen, None)
    assert (found["regret"] is None) == (len(trials) < 2)
    assert ("No trial has finished yet" in page(folder)) == (not trials)
    assert all(not each["of"] for each in found["importance"])


def test_what_did_not_finish_stands_apart_and_counts() -> None:
    odd = [
        Told(values=RIDGE, state="pruned"),
        Told(values=RIDGE, state="failed", says="RuntimeError: <b>nobody</b> foresaw this"),
        Told(values=RIDGE, state="nan", valid=None, test=None, says="no valid/r2"),
        Told(values=RIDGE, state="running"),
    ]
    folder = swept([*several(6), *odd]).folder
    found = answer("compare", str(folder), "--html")
    assert found["states"] == {"finished": 6, "pruned": 1, "failed": 1, "nan": 1, "running": 1}
    assert found["chosen"] == "5"
    assert "RuntimeError: &lt;b&gt;nobody&lt;/b&gt; foresaw this" in page(folder)
    assert found["trials"][6]["valid_folds"] == {"1": 0.1, "2": 0.1}
    effective = next(each for each in found["statistics"] if each["name"] == "effective_trials")
    assert effective["says"].startswith("What the 10 tries are worth")
    assert effective["value"] >= 2, "what left no returns counts as one more each"


def test_a_trial_beyond_a_constraint_is_not_chosen() -> None:
    trials = [ridge(0, 0.9, 0.9, violations=(0.1,)), ridge(1, 0.2, 0.2, violations=(-0.1,)), ridge(2, 0.1, 0.1)]
    found = answer("compare", str(swept(trials).folder))
    assert (found["chosen"], found["regret"]["best"]) == ("1", "1")
    assert found["states"] == {"beyond constraints": 1, "finished": 2}


OF_THE_SET = ("statistics", "regret", "stability", "chosen", "front", "folds")


@pytest.mark.parametrize("how", ["removed", "deleted", "archived"])
def test_what_becomes_of_run_folders_changes_no_statistics(how: str) -> None:
    sweep, ledger = swept(several()), Ledger.open()
    whole = answer("compare", str(sweep.folder))
    for key in (sweep.keys[7], sweep.keys[2]):  # the chosen one among them
        run = Path("outputs/runs/mine") / key
        if how == "removed":
            keeping.remove(run, ledger, Path("outputs"))
        elif how == "archived":
            keeping.archive(run, ledger, Path("outputs"))
        else:
            shutil.rmtree(run)
    found = answer("compare", str(sweep.folder))
    assert {name: found[name] for name in OF_THE_SET} == {name: whole[name] for name in OF_THE_SET}
    assert whole["left_out"] == []
    if how == "archived":
        assert found["left_out"] == []
        assert found["trials"][7]["run"] == f"outputs/archive/mine/{sweep.keys[7]}"
        assert found["levels"] == {"rejected": 8}
    else:
        assert found["left_out"] == ["Run folders are gone of 2 trials: levels and gates leave them out."]
        assert (found["levels"], found["trials"][7]["run"]) == ({"rejected": 6}, None)
        assert found["next"] == [f"python -m runner compare {sweep.folder} --html --json"]


def test_trials_that_another_run_has_tried_before_are_known_by_the_journal() -> None:
    sweep = swept(several(), noted=True)
    whole = answer("compare", str(sweep.folder))
    shutil.rmtree("outputs/runs")
    found = answer("compare", str(sweep.folder))
    assert {name: found[name] for name in OF_THE_SET} == {name: whole[name] for name in OF_THE_SET}


def test_what_the_ledger_does_not_know_either_is_said() -> None:
    sweep = swept(several(), remembered=False)
    shutil.rmtree(Path("outputs/runs/mine") / sweep.keys[2])
    found = answer("compare", str(sweep.folder))
    says = "Test figures are not known of 1 trial: regret and rank stability leave them out."
    assert found["left_out"][1] == says
    assert (found["regret"]["trials"], len(found["statistics"])) == (7, 8)
    shutil.rmtree(Path("outputs/runs/mine") / sweep.keys[7])
    found = answer("compare", str(sweep.folder))
    assert (found["chosen"], found["regret"]) == ("7", None)
    assert found["left_out"][1] == "The test figures of the chosen trial are not known: selection regret is left out."


def test_every_number_of_trials_says_of_which() -> None:
    beyond = [ridge(number, 0.9, 0.9, violations=(0.1,)) for number in range(8, 12)]
    odd = [Told(values=RIDGE, state="pruned"), Told(values=RIDGE, state="refused", says="no")]
    found = answer("compare", str(swept([*several(), *beyond, *odd]).folder))
    assert found["seen"][0].startswith("Test figures of 12 trials are shown, 4 of them beyond constraints. They are")
    assert found["left_out"] == [
        "Selection regret and rank stability leave out 4 trials beyond constraints; the statistics of the set count "
        "them as tries.",
        "Of 14 trials, 13 left returns in the ledger: the statistics of the set compare these, and count the others as "
        "tries.",
    ]
    assert "the best of 13 worthless trials, as many as left returns" in found["statistics"][-2]["says"]


def test_trials_on_other_bars_are_not_ranked(capsys: pytest.CaptureFixture[str]) -> None:
    trials = [
        Told(values={"data.symbols": name, "model.penalty": repr(i)}, valid=0.1 * i, test=0.1)
        for i, name in enumerate("ABAB")
    ]
    folder = swept(trials, overrides=("+experiment=mine", "data.symbols=A,B")).folder
    found = answer("compare", str(folder))
    assert (found["regret"], found["stability"], found["front"]) == (None, None, [])
    assert "pbo" not in [figure["name"] for figure in found["statistics"]]
    line = (
        "Trials differ in data.symbols: their figures are of different bars or targets, and do not compare; selection "
        "regret, rank stability, Pareto front and overfitting are left out."
    )
    assert found["left_out"] == [line]
    assert main(["compare", str(folder)]) == 0
    assert line in " ".join(capsys.readouterr().out.split())


def test_sweeps_on_other_bars_are_not_ranked() -> None:
    first, second = swept(several(3)), swept(several(3), name="20300102T000000.000000Z")
    for number, sweep in enumerate((first, second)):
        for key in sweep.keys:
            file = Path("outputs/runs/mine") / key / "manifest.json"
            manifest = json.loads(file.read_text())
            file.write_text(json.dumps({**manifest, "data": {**manifest["data"], "fingerprint": str(number)}}))
    assert answer("compare", str(first.folder))["left_out"] == []
    assert answer("compare", str(first.folder), str(second.folder))["left_out"][0].startswith("Trials differ in data:")


def test_where_all_lie_beyond_the_constraints_the_page_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    trials = [ridge(number, 0.9, 0.9, violations=(0.1,)) for number in range(3)]
    folder = swept(trials, constraints=("valid/mae<=0.5",)).folder
    assert main(["compare", str(folder), "--html"]) == 0
    says = "No finished trial meets the constraints; there is nothing to choose between."
    assert says in capsys.readouterr().out
    text = page(folder)
    assert says in text
    assert "No trial has finished" not in text
    assert text.count("valid/mae&lt;=0.5 is missed by 0.1") == 3
    links = re.findall(r'<a href="#(\w+)"', text)
    assert "apart" in links
    assert set(links) <= set(re.findall(r'<section id="(\w+)"', text))


def test_a_sweep_is_compared_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = swept(several()).folder.absolute()
    whole = answer("compare", str(folder.relative_to(tmp_path)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place, name in ((elsewhere, str(folder)), (elsewhere, f"../{folder.relative_to(tmp_path)}"), (folder, ".")):
        monkeypatch.chdir(place)
        found = answer("compare", name)
        assert {each: found[each] for each in (*OF_THE_SET, "levels")} == {
            each: whole[each] for each in (*OF_THE_SET, "levels")
        }
        assert (Path(found["trials"][7]["run"]) / "metrics.json").is_file()


def test_few_folds_or_trials_are_called_few() -> None:
    trials = [ridge(number, 0.1 * number, 0.1 * number, folds=2) for number in range(4)]
    says = answer("compare", str(swept(trials).folder))["stability"]["says"]
    assert says[0] == (
        "Kendall's tau is 1.00 on average between 2 test folds of 4 trials: too few to say whether ranks last."
    )


def test_the_table_lies_in_the_sweeps_folder_by_default() -> None:
    folder = swept(several(2)).folder
    found = answer("compare", str(folder), "--csv")
    assert found["table"] == str(folder / "compare.csv")
    assert len((folder / "compare.csv").read_text().splitlines()) == 3


def test_a_sweep_by_symbol_is_compared_symbol_by_symbol(capsys: pytest.CaptureFixture[str]) -> None:
    folder = swept(several(3), name="all/A").folder
    (folder.parent / "sweep.json").write_text(json.dumps({"by": "symbol", "parts": {"A": "all/A"}}))
    assert main(["compare", "outputs/sweeps/all"]) == 2
    line = "compare: outputs/sweeps/all is a sweep by symbol, a search each; name one of its searches, such as "
    assert capsys.readouterr().err == f"{line}outputs/sweeps/all/A\n"
    assert answer("compare", "all/A")["chosen"] == "2"


@pytest.mark.parametrize("remembered", [True, False])
def test_null_worlds_that_were_searched_are_shown(remembered: bool) -> None:
    folder = swept(several(), null_worlds=19, remembered=remembered).folder
    (folder / "nulls").mkdir()
    for world in range(1, 20):
        figures = dict.fromkeys(("valid/r2", "test/r2", "backtest/sharpe"), 0.01 * world)
        found = Found(world=world, trials=8, states={}, best=0, figures=figures)
        (folder / "nulls" / f"{world:04d}.json").write_text(json.dumps(found.content()))
    (told,) = answer("compare", str(folder), "--html")["null_worlds"]
    assert (told["worlds"], told["rank"], told["p_value"]) == (19, 1, 0.05)
    shutil.rmtree("outputs/runs")
    found = answer("compare", str(folder))
    assert found["null_worlds"] == ([told] if remembered else [])
    says = "The test figures of the chosen trial are not known: selection regret and null worlds are left out."
    assert (says in found["left_out"]) != remembered
    text = page(folder)
    assert "rank 1 among 19 null worlds" in text
    assert len(values(text)["null_worlds"][0]["nulls"]) == 19


def test_several_objectives_have_a_front() -> None:
    pairs = [(0.1, 0.9), (0.2, 0.5), (0.3, 0.6), (0.3, 0.7)]
    trials = [
        ridge(i, r2, r2, objectives=(r2, mse), further={"valid/mse": mse, "test/mse": mse})
        for i, (r2, mse) in enumerate(pairs)
    ]
    folder = swept(trials, objectives=("valid/r2", "valid/mse"), directions=(1, -1)).folder
    found = answer("compare", str(folder), "--html")
    assert (found["front"], found["chosen"]) == (["1", "2"], "2")
    assert "on the Pareto front" in page(folder)


def test_parameters_may_be_absent_texts_or_lists() -> None:
    when = {"model=ridge": {"model.penalty": "tag(log,interval(0.1,10))"}}
    trials = [
        Told(values={"model": "ridge", "++features.windows": "[1,2]", "model.penalty": "0.5"}),
        Told(values={"model": "naive", "++features.windows": "[3]"}, valid=0.2, test=0.2),
    ]
    found = answer("compare", str(swept(trials, overrides=("+experiment=mine", "model=ridge,naive"), when=when).folder))
    by_name = {each["name"]: each for each in found["parameters"]}
    assert by_name["model"]["values"] == ["ridge", "naive"]
    assert by_name["features.windows"] == {
        "name": "features.windows",
        "numeric": False,
        "log": False,
        "values": ["[1,2]", "[3]"],
    }
    assert (by_name["model.penalty"]["numeric"], by_name["model.penalty"]["log"]) == (True, True)
    assert found["trials"][1]["parameters"] == {"model": "naive", "features.windows": "[3]"}


def test_sweeps_and_runs_stand_side_by_side() -> None:
    first, second = swept(several(4)), swept(several(5), name="20300102T000000.000000Z")
    run = f"outputs/runs/mine/{first.keys[0]}"
    found = answer("compare", str(first.folder), second.folder.name, run, "--csv", "t.csv")
    assert [each["letter"] for each in found["sweeps"]] == ["A", "B"]
    assert [each["trial"] for each in found["trials"]] == [
        *(f"A{i}" for i in range(4)),
        *(f"B{i}" for i in range(5)),
        first.keys[0],
    ]
    with Path("t.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["sweep"] for line in lines] == [*"AAAABBBBB", ""]
    assert float(lines[3]["test/r2"]) == 0.4
    assert lines[0]["gate:skill"] == "failed"
    newest = answer("compare", "outputs/sweeps/latest")
    assert newest["sweeps"][0]["sweep"] == second.folder.name


def test_more_than_two_runs_are_a_set() -> None:
    sweep = swept(several(3))
    found = answer("compare", *(f"outputs/runs/mine/{key}" for key in sweep.keys))
    assert (found["objectives"], found["chosen"]) == (["valid/r2"], sweep.keys[2])
    assert found["sweeps"] == []


def test_folders_that_are_gone_leave_what_the_search_knew() -> None:
    found = answer("compare", str(swept(several(), folders=False, remembered=False).folder), "--html")
    assert (found["exit_code"], found["chosen"], found["regret"]) == (0, "7", None)
    assert found["trials"][7]["figures"] == {"valid/r2": 0.5}


def test_the_page_loads_nothing_and_no_name_breaks_out_of_it() -> None:
    evil = '</script><script>alert("ü")</script>\u2028'
    trials = [*several(5), Told(values={"model": evil}, valid=0.1, test=0.1)]
    folder = swept(trials).folder
    answer("compare", str(folder), "--html")
    text = page(folder)
    assert len(re.findall("<script", text)) == 2
    assert evil.strip() not in text
    assert values(text)["trials"][5]["parameters"]["model"] == evil
    assert not re.search(r'(?:src|href)\s*=\s*"(?!#)', text)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text


def test_the_script_is_one_that_browsers_read() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is absent")
    import runner.report

    script = Path(runner.report.__file__).with_name("comparison.js")
    done = subprocess.run([node, "--check", str(script)], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.slow  # imports scikit-learn
def test_importance_finds_the_parameter_that_matters() -> None:
    rng = np.random.default_rng(0)
    trials = [
        Told(values={"model.penalty": repr(a), "model.other": repr(b)}, valid=-((a - 0.3) ** 2), test=0.0)
        for a, b in rng.uniform(0, 1, (40, 2)).tolist()
    ]
    space = ("model.penalty=interval(0.0,1.0)", "model.other=interval(0.0,1.0)")
    (found,) = answer("compare", str(swept(trials, overrides=space).folder))["importance"]
    shares = {each["parameter"]: each for each in found["of"]}
    for name in ("fanova", "ped_anova"):
        if shares["model.penalty"][name] is not None:
            assert shares["model.penalty"][name] > 0.7
    assert found["says"] == "40 trials are few: another sweep may order parameters otherwise."


@pytest.mark.parametrize(
    ("space", "says"),
    [
        (("model.penalty=interval(0.1,9.0)",), "Not judged: model.penalty alone varies."),
        (
            ("model.penalty=interval(0.1,9.0)", "model=ridge,naive"),
            "Not judged: 8 trials for 2 parameters are too few, 20 are asked for.",
        ),
    ],
)
def test_why_there_is_no_importance_is_said(space: tuple[str, ...], says: str) -> None:
    last = Told(values={"model": "naive", "model.penalty": "3.0"}) if len(space) > 1 else ridge(7, 0.1, 0.1)
    (found,) = answer("compare", str(swept([*several(7), last], overrides=space).folder))["importance"]
    assert (found["of"], found["says"]) == ([], says)


def test_the_terminal_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    folder = swept(several()).folder
    assert main(["compare", str(folder), "--html", "c.html"]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == "8 trials: 8 finished."
    assert "Selection regret" in shown
    assert shown.splitlines()[-1] == "c.html"


def test_one_run_alone_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    run = f"outputs/runs/mine/{swept(several(2)).keys[0]}"
    assert main(["compare", run]) == 2
    line = f"compare: '{run}' alone cannot be compared; name another one beside it, or a sweep of outputs/sweeps\n"
    assert capsys.readouterr().err == line
