"""Moves of aliases and the ledger that knows them: one story, wherever it is cut off and whoever comes at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.bundle import aliases
from runner.bundle.layout import SUMS
from runner.promotion.moves import MoveWitness, unwitnessed_moves
from runner.recording.ledger import Ledger
from runner.recording.testimony import MOVED, noted

NAME, VERSIONS = "vol", (1, 2, 3)


class Killed(BaseException):
    pass


@pytest.fixture
def witness(tmp_path) -> MoveWitness:
    for version in VERSIONS:
        (tmp_path / "registry" / NAME / str(version)).mkdir(parents=True)
        (tmp_path / "registry" / NAME / str(version) / SUMS).write_text(f"of {version}")
    return MoveWitness(Ledger.open(tmp_path / "ledger.sqlite"), tmp_path / "registry", NAME)


def move(witness: MoveWitness, version: int, why: str = "promote") -> None:
    aliases.move(witness.root, NAME, "champion", version, why=why, witness=witness)


def problems(witness: MoveWitness) -> list[str]:
    known = dict.fromkeys(VERSIONS, True)
    chain = aliases.problems(witness.root, NAME, list(VERSIONS))
    return chain + unwitnessed_moves(witness.ledger, witness.root, NAME, known)


def cut_off(monkeypatch, what) -> None:
    """After the event, before the file."""

    def killed(folder: Path, made: aliases.Move) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(aliases, "_write", killed)
        with pytest.raises(Killed):
            what()


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_move_that_was_cut_off_is_finished_by_the_next_one(witness, monkeypatch, earlier) -> None:
    for version in VERSIONS[:earlier]:
        move(witness, version)
    cut_off(monkeypatch, lambda: move(witness, 2))
    assert len(aliases.history(witness.root, NAME)) == earlier
    move(witness, 2)
    assert aliases.current(witness.root, NAME) == {"champion": 2}
    move(witness, 3)
    assert [each.version for each in aliases.history(witness.root, NAME)] == [*VERSIONS[:earlier], 2, 3]
    assert len(noted(witness.ledger, MOVED)) == earlier + 2
    assert problems(witness) == []


def test_a_rollback_that_was_cut_off_goes_back_once(witness, monkeypatch) -> None:
    for version in VERSIONS:
        move(witness, version)
    cut_off(monkeypatch, lambda: aliases.roll_back(witness.root, NAME, witness))
    assert aliases.roll_back(witness.root, NAME, witness) == (2, 3)
    assert aliases.current(witness.root, NAME) == {"champion": 2}
    assert problems(witness) == []
    assert aliases.roll_back(witness.root, NAME, witness) == (1, 2)


def test_many_at_once_are_one_move_and_one_event(witness) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: move(witness, 1), range(6)))
    assert len(noted(witness.ledger, MOVED)) == len(aliases.history(witness.root, NAME)) == 1
    assert problems(witness) == []


def test_a_move_that_somebody_removed_comes_back_before_the_next_one(witness) -> None:
    move(witness, 1)
    move(witness, 2)
    (witness.root / NAME / aliases.FOLDER / "2.json").unlink()
    assert problems(witness) == [
        f"{witness.root / NAME / aliases.FOLDER / '2.json'}: the ledger knows this move, and it is gone"
    ]
    move(witness, 3)
    assert [each.version for each in aliases.history(witness.root, NAME)] == [1, 2, 3]
    assert problems(witness) == []


def test_a_move_that_somebody_added_is_never_vouched_for(witness) -> None:
    move(witness, 1)
    forged = MoveWitness(Ledger.open(witness.root / "other.sqlite"), witness.root, NAME)
    move(forged, 2)
    move(witness, 2)
    move(witness, 3)
    assert [line.rpartition(": ")[2] for line in problems(witness)] == [
        "no event of the ledger knows this move; it was changed or added"
    ]


def test_another_registry_with_a_bundle_of_that_name_has_moves_of_its_own(witness, tmp_path) -> None:
    move(witness, 1)
    (tmp_path / "elsewhere" / NAME / "1").mkdir(parents=True)
    (tmp_path / "elsewhere" / NAME / "1" / SUMS).write_text("of another one")
    other = MoveWitness(witness.ledger, tmp_path / "elsewhere", NAME)
    assert aliases.settled(other.root, NAME, other) == ()
    move(other, 1)
    assert unwitnessed_moves(other.ledger, other.root, NAME, {1: True}) == []
    assert problems(witness) == []
