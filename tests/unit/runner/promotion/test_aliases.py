"""Champion and challenger: a chain of moves against a list, damage, and many hands at once."""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from runner.bundle import aliases
from runner.bundle.aliases import current, history, previous_champion, problems


class Silent:
    """A witness that knows nothing."""

    def pending(self, last: str) -> None:
        return None

    def note(self, made: aliases.Move) -> bool:
        return True


def move(*where, **what) -> None:
    aliases.move(*where, **what, witness=Silent())


VERSIONS = [1, 2, 3, 4]
PROMOTIONS = st.tuples(st.sampled_from(["champion", "challenger"]), st.sampled_from(VERSIONS))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(PROMOTIONS, st.just("rollback")), max_size=12))
def test_aliases_are_where_a_list_of_champions_says(steps) -> None:
    champions, challenger = [], None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for step in steps:
            if step == "rollback":
                before = previous_champion(history(root, "vol"))
                assert before == (champions[-2] if len(champions) > 1 else None)
                if before is not None:
                    champions.pop()
                    move(root, "vol", "champion", before, why="rollback")
                continue
            alias, version = step
            move(root, "vol", alias, version, why="promote")
            if alias == "challenger":
                challenger = version
            elif champions[-1:] != [version]:
                champions.append(version)
            expected = {"champion": champions[-1] if champions else None, "challenger": challenger}
            assert current(root, "vol") == {name: v for name, v in expected.items() if v is not None}
        assert problems(root, "vol", VERSIONS) == []


@pytest.fixture
def moved(tmp_path):
    for version in (1, 2, 3):
        move(tmp_path, "vol", "champion", version, why="promote")
    return tmp_path


def test_a_changed_removed_or_added_move_is_found(moved) -> None:
    folder = moved / "vol" / "moves"
    second = folder / "2.json"
    content = second.read_bytes()
    for damage in (
        content.replace(b'"override": null', b'"override": "x"'),
        content.replace(b'"at": "20', b'"at": "19'),
    ):
        assert damage != content
        second.write_bytes(damage)
        assert problems(moved, "vol", [1, 2, 3]) == [
            f"{folder / '3.json'}: does not follow the move before; moves were changed, removed or added"
        ]
    second.unlink()
    assert problems(moved, "vol", [1, 2, 3])[0].startswith(f"{folder / '3.json'}: does not follow")
    second.write_bytes(b"{")
    with pytest.raises(DataError) as error:
        history(moved, "vol")
    assert str(error.value) == f"{second}: is no move of an alias; restore the file from a copy of the registry"


def test_a_version_that_is_gone_is_found(moved) -> None:
    assert problems(moved, "vol", [1, 2]) == [
        f"{moved / 'vol' / 'moves' / '3.json'}: champion was pointed at version 3, which is not there"
    ]


def test_a_move_that_changes_nothing_is_not_written(moved) -> None:
    move(moved, "vol", "champion", 3, why="promote")
    assert len(history(moved, "vol")) == 3


def test_many_hands_make_one_chain(tmp_path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda v: move(tmp_path, "vol", "champion", v, why="promote"), range(1, 17)))
    moves = history(tmp_path, "vol")
    assert [made.number for made in moves] == list(range(1, len(moves) + 1))
    assert problems(tmp_path, "vol", list(range(1, 17))) == []
    assert {made.version for made in moves} == set(range(1, 17))


def test_the_override_stays_in_the_move(tmp_path) -> None:
    move(tmp_path, "vol", "champion", 1, why="promote", override="the board wants it")
    (file,) = (tmp_path / "vol" / aliases.FOLDER).iterdir()
    assert json.loads(file.read_bytes())["override"] == "the board wants it"
