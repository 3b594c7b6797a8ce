"""What a worker is told, and what it says that its machine lacks."""

import pickle
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness import opened_sweep
from runner.recording.ledger import Family, Ledger
from runner.sweeps.launched import Handed, handed

BARS = Family(source="bars", symbols=("A",), first=date(2000, 1, 1), last=date(2010, 1, 1))
HERE = socket.gethostname()


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handed:
    """By a sweep that works in a folder with a ledger of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", "ledger.sqlite")
    monkeypatch.setenv("ASSAY_ACTOR", "agent:somebody:3")
    Ledger.open().start_trial(BARS, "first", {})
    (tmp_path / "outputs").mkdir()
    return handed(opened_sweep(Path("outputs")))


def test_all_that_is_handed_over_means_the_same_in_another_folder(told: Handed, tmp_path: Path) -> None:
    assert (told.sweep, told.works_in) == (str(tmp_path / "outputs"), str(tmp_path))
    assert told.variables["ASSAY_LEDGER"] == str(tmp_path / "ledger.sqlite")
    assert told.variables["ASSAY_ACTOR"] == "agent:somebody:3"
    assert told.needed == ()
    assert pickle.loads(pickle.dumps(told)) == told


def test_a_ledger_that_no_variable_names_is_named(
    told: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert handed(opened_sweep(tmp_path)).variables["ASSAY_LEDGER"] == f"{tmp_path}/data/assay/ledger.sqlite"


def test_no_secret_is_handed_over(told: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDY", "postgresql+psycopg://me:hunter2@host/db")
    monkeypatch.setenv("ASSAY_VAULT_KEY", "hunter2")
    monkeypatch.setenv("ASSAY_DATABASE", "postgresql://me:hunter2@host/db")
    found = handed(opened_sweep(tmp_path, storage_env="STUDY"))
    assert found.needed == ("STUDY",)
    assert b"hunter2" not in pickle.dumps(found)
    monkeypatch.setenv("STUDY", "postgresql+psycopg://me@host/db")
    assert handed(opened_sweep(tmp_path, storage_env="STUDY")).variables["STUDY"] == "postgresql+psycopg://me@host/db"


def test_what_a_machine_lacks_is_one_line(told: Handed, tmp_path: Path) -> None:
    same = replace(told, variables={})
    cases = [
        ({"works_in": "/not/shared"}, "/not/shared: is not here; share it between the machines, under the same path"),
        (
            {"needed": ("STUDY_URL",)},
            "STUDY_URL: is not set here; set it where workers are started; what holds a secret is not handed over",
        ),
        (
            {"versions": {"no-such-library": "1.0"}},
            "no-such-library: is None here, 1.0 in the sweep; install what it has",
        ),
    ]
    for lacking, says in cases:
        assert replace(same, **lacking)(None) == ("refused", f"{HERE}: {says}")
    how, says = replace(same, code="of another commit")(None)
    assert (how, says.endswith("src: is other code than that of the sweep; install the same")) == ("refused", True)


def test_another_ledger_is_not_taken_for_that_of_the_sweep(
    told: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("never made", "made elsewhere"):
        monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / f"{name}.sqlite"))
        if name == "made elsewhere":
            Ledger.open().start_trial(BARS, "another", {})
        assert replace(told, variables={})(None) == (
            "refused",
            f"{HERE}: ASSAY_LEDGER: is another ledger than that of the sweep; share its folder, or set ASSAY_LEDGER "
            "to a database that all machines reach",
        )
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    Ledger.open().start_trial(BARS, "second", {})
    how, says = replace(told, variables={})(None)
    assert (how, "sweep.json: cannot be read" in says) == ("refused", True)
