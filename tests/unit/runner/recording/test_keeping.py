"""What is said of runs later is an event of the ledger, and what was tried stays tried."""

import json
from datetime import date
from pathlib import Path

import pytest

from components.errors import ConfigError, DataError
from runner.recording import testimony
from runner.recording.family import Family
from runner.recording.keeping import (
    ARCHIVED,
    NOTED,
    REMOVED,
    RESTORED,
    TAGGED,
    Marks,
    archive,
    marks,
    note,
    remove,
    restore,
    tag,
)
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.recording.witnesses import noted_heads

FAMILY = Family(source="bars.csv", symbols=("A",), first=date(2020, 1, 1), last=date(2021, 1, 1))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def folder(outputs: Path, run: str, *, state: str = "finished", head: str | None = None) -> Path:
    made = outputs / "runs" / "mine" / run
    made.mkdir(parents=True)
    content = {"run_id": run, "experiment": "mine", "run_key": run * 2, "state": state, "ledger_head": head}
    (made / "manifest.json").write_text(json.dumps(content))
    return made


def test_tags_are_a_set_and_notes_a_list_in_order(tmp_path: Path, ledger: Ledger) -> None:
    run = folder(tmp_path, "r1")
    assert tag(run, ledger, added=["b", "a"]) == Marks(("a", "b"), ())
    assert tag(run, ledger, removed=["b", "never"]) == Marks(("a",), ())
    assert note(run, ledger, " first ").notes == ("first",)
    assert note(run, ledger, "second") == Marks(("a",), ("first", "second"))
    assert marks(ledger) == {"r1": Marks(("a",), ("first", "second"))}
    assert [len(testimony.noted(ledger, kind, "r1")) for kind in (TAGGED, NOTED)] == [2, 2]
    assert ledger.verify() == []


@pytest.mark.parametrize("word", ["", "two words", "a,b"])
def test_a_tag_is_one_word(tmp_path: Path, ledger: Ledger, word: str) -> None:
    run = folder(tmp_path, "r1")
    with pytest.raises(ConfigError) as error:
        tag(run, ledger, added=[word])
    assert str(error.value) == f"tag: '{word}' is no tag; write one word, without spaces and commas"
    with pytest.raises(ConfigError, match=r"^note: says nothing; give a text$"):
        note(run, ledger, " ")


def test_what_was_archived_is_found_by_its_id_witnesses_as_before_and_comes_back(
    tmp_path: Path, ledger: Ledger
) -> None:
    head = ledger.start_trial(FAMILY, "k", {"experiment": "mine"}).head
    run = folder(tmp_path, "r1", head=head)
    (tmp_path / "latest").symlink_to("runs/mine/r1")
    there = archive(run, ledger, tmp_path)
    assert (there, run.exists()) == (tmp_path / "archive" / "mine" / "r1", False)
    assert find_run("r1", tmp_path) == there
    assert not (tmp_path / "latest").is_symlink()
    assert noted_heads(tmp_path) == {head}
    with pytest.raises(DataError, match=r"lies in .*archive already"):
        archive(there, ledger, tmp_path)
    assert restore(there, ledger, tmp_path) == run
    assert [event.kind for event in ledger.chain.read(lambda t: list(t.events(key="r1")))] == [ARCHIVED, RESTORED]


def test_what_is_removed_is_gone_and_its_trial_counts(tmp_path: Path, ledger: Ledger) -> None:
    head = ledger.start_trial(FAMILY, "k", {"experiment": "mine"}).head
    older, newer = folder(tmp_path, "r1", head=head), folder(tmp_path, "r2")
    (tmp_path / "latest").symlink_to("runs/mine/r2")
    remove(newer, ledger, tmp_path)
    assert not newer.exists()
    assert (tmp_path / "latest").resolve() == older
    remove(tmp_path / "latest", ledger, tmp_path)
    assert not older.exists()
    assert not (tmp_path / "latest").is_symlink()
    assert ledger.count(FAMILY) == 1
    (event,) = testimony.noted(ledger, REMOVED, "r1")
    assert (event.content["experiment"], event.content["ledger_head"]) == ("mine", head)
    assert ledger.verify([head]) == []


def test_keys_are_known_by_runs_that_began_or_were_removed(tmp_path: Path, ledger: Ledger) -> None:
    ledger.start_trial(FAMILY, "first", {"run_id": "began"})
    repeats = folder(tmp_path, "repeats")
    manifest = json.loads((repeats / "manifest.json").read_text())
    (repeats / "manifest.json").write_text(json.dumps({**manifest, "trial": {"key": "second"}}))
    asked = frozenset({"began", "repeats", "unknown"})
    assert ledger.keys_of(asked) == {"began": "first"}
    remove(repeats, ledger, tmp_path)
    assert ledger.keys_of(asked) == {"began": "first", "repeats": "second"}
    assert ledger.keys_of(frozenset()) == {}


def test_a_run_that_runs_stays_where_it_is(tmp_path: Path, ledger: Ledger) -> None:
    run = folder(tmp_path, "r1", state="running")
    for move in (archive, remove):
        with pytest.raises(DataError) as error:
            move(run, ledger, tmp_path)
        assert str(error.value) == f"{run}: the run is running; wait for it, or end it first"
    assert testimony.noted(ledger, ARCHIVED) == testimony.noted(ledger, REMOVED) == []
