"""A program that reads no prose gets from a stranger's file to a verdict, and over every mistake that was planted."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from driver import Driver
from harness import answer, ended

EXPERIMENT = "+experiment=sp500_volatility"
MISTAKES = {
    "verb misspelt": ("chekc", EXPERIMENT),
    "experiment alone": ("sp500_volatility", "--cfg", "job"),
    "experiment misspelt": ("check", "+experiment=sp500_volatilty"),
    "choice misspelt": ("check", EXPERIMENT, "model=rigde"),
    "slot misspelt": ("check", EXPERIMENT, "modle=ridge"),
    "setting misspelt": ("check", EXPERIMENT, "model.penalyt=2"),
    "setting misspelt, added": ("check", EXPERIMENT, "+split.valid_shaer=0.2"),
    "number below its range": ("check", EXPERIMENT, "seed=-1"),
    "number not above its bound": ("check", EXPERIMENT, "model.penalty=0"),
    "share above its range": ("check", EXPERIMENT, "split.valid_share=1"),
    "text for a number": ("check", EXPERIMENT, "resources.threads=many"),
    "number for a truth value": ("check", EXPERIMENT, "gates.enforce=1"),
    "word that is none of those allowed": ("check", EXPERIMENT, "resources.precision=flaot32"),
    "several values without -m": ("check", EXPERIMENT, "seed=1,2"),
    "two mistakes at once": ("check", EXPERIMENT, "model=rigde", "seed=-1"),
    "one value of a sweep out of range": ("check", "-m", EXPERIMENT, "model.penalty=0"),
    "flag misspelt": ("list", "models", "--wher=level=candidate"),
    "group misspelt": ("list", "modle"),
    "name misspelt": ("explain", "rigde"),
    "schema misspelt": ("schema", "modle"),
    "action misspelt": ("store", "verfy"),
    "number of tries as a word": ("deflate", "returns.csv", "--trials", "many"),
    "run that does not exist": ("show", "20990101T000000Z-00000000"),
    "figure misspelt": ("list", "runs", "--sort", "sharp"),
    "condition on a figure misspelt": ("list", "runs", "--where", "sharp>0.5"),
    "file misspelt": ("init", "bras.csv"),
    "dates that can be read in two ways": ("init", "either.csv"),
    "two columns that may be the price": ("init", "prices.csv"),
    "experiment that is there already": ("init", "bars.csv", "--name", "mine"),
}
COMPOSED = ("check", "sp500_volatility", "schema")
"""These compose an experiment, which takes its time: of them, these alone are tried by default."""
QUICK = ("choice misspelt", "setting misspelt", "number not above its bound", "several values without -m")
RUN = {
    "manifest": {"run_id": "20200101T000000Z-0badcafe", "experiment": "old", "state": "finished"},
    "metrics": {"backtest/sharpe": 0.7},
    "gates": {"level": "rejected", "gates": []},
}


def bars() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 700)))
    return pd.DataFrame({"Date": pd.bdate_range("2015-01-02", periods=700), "Close": close.round(4)})


def either() -> pd.DataFrame:
    """Every date is one with day and month exchanged, too, and the file is in no order."""
    days = [(day, month, year) for year in (1999, 2000) for month in range(1, 13) for day in range(1, 13)]
    picked = np.random.default_rng(1).permutation(len(days))
    dates = [f"{day:02}/{month:02}/{year}" for day, month, year in (days[place] for place in picked)]
    return pd.DataFrame({"Date": dates, "Close": bars()["Close"].head(len(days))})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with bars, an experiment on them, returns, and a run of long ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    bars().to_csv("bars.csv", index=False)
    prices = bars().rename(columns={"Close": "Settlement"})
    prices.assign(Last=prices["Settlement"] + 1).to_csv("prices.csv", index=False)
    either().to_csv("either.csv", index=False)
    bars()["Close"].pct_change().dropna().to_csv("returns.csv", index=False)
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text("# @package _global_\nseed: 1\n")
    folder = tmp_path / "outputs" / "runs" / "old" / RUN["manifest"]["run_id"]
    folder.mkdir(parents=True)
    for name, content in RUN.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture(scope="module")
def contract() -> jsonschema.Draft202012Validator:
    """What `schema answers` says."""
    schema = answer("schema", "answers")["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(mistake, id=name, marks=() if mistake[0] not in COMPOSED or name in QUICK else pytest.mark.slow)
        for name, mistake in MISTAKES.items()
    ],
)
def test_a_mistake_is_mended_by_what_its_answer_says(
    mistake: Sequence[str], contract: jsonschema.Draft202012Validator
) -> None:
    def ask(arguments: Sequence[str]) -> Any:
        found = answer(*arguments)
        contract.validate(found)
        definitions = contract.schema["$defs"]
        known = {**definitions["answer"]["properties"], **definitions[found["verb"]]["properties"]}
        assert found.keys() <= known.keys()
        return found

    driver = Driver(ask)
    found = driver.settled(*mistake)
    assert (found["exit_code"], found["errors"]) == (0, [])
    assert len(driver.tried) > 1


@pytest.mark.slow
def test_from_a_file_to_a_verdict(tmp_path: Path) -> None:
    bars().to_csv(tmp_path / "bars.csv", index=False)

    def ask(arguments: Sequence[str]) -> Any:
        done = ended(tmp_path, *arguments)
        return json.loads(done.stdout)

    driver = Driver(ask)
    found = driver.verdict("bars.csv")
    assert found["verb"] == "run"
    assert found["level"] in ("rejected", "candidate", "hallmarked")
    assert {gate["status"] for gate in found["gates"]} <= {"passed", "failed", "not_applicable", "deferred"}
    lines = [json.loads(line) for line in Path(tmp_path, found["folder"], "events.jsonl").read_text().splitlines()]
    told = [line["event"] for line in lines]
    assert told[0] == "started"
    assert told[-1] == "finished"
    assert told.count("gate") == len(found["gates"])
    (verdict,) = (line for line in lines if line["event"] == "verdict")
    assert verdict["level"] == found["level"]
    begun = [line["stage"] for line in lines if line["event"] == "stage_begun"]
    ending = {line["stage"]: line["seconds"] for line in lines if line["event"] == "stage_ended"}
    assert set(begun) == set(ending)
    folds = [
        (line["done"], line["of"]) for line in lines if (line["event"], line.get("stage")) == ("fold_done", "forecast")
    ]
    assert folds == [(number, len(folds)) for number in range(1, len(folds) + 1)]
    again = ended(tmp_path, "show", "latest", "--json")
    assert json.loads(again.stdout)["gates"] == found["gates"]
