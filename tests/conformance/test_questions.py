"""CONTRIBUTING's map and its answers to "where is it?" are true: file and name are there."""

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.verbs import verbs

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^\| ([^|`]+\?) \| `([\w/.]+)` \| `([\w.]+)` \|$", TEXT, flags=re.M)


def files(path: str) -> list[Path]:
    """The file of an answer, or all that X stands for."""
    found = sorted((ROOT / "src").glob(path.replace("X", "[a-z]*")))
    assert found, f"src/{path} is not there"
    return found


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Functions and classes by name, what classes define, with the name of the class (methods) or without (values)."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in defined(node.body))
            for item in node.body:
                if isinstance(item, ast.Assign):
                    yield from (target.id for target in item.targets if isinstance(target, ast.Name))


def test_twenty_questions_are_answered() -> None:
    assert len(ANSWERS) == len({question for question, _, _ in ANSWERS}) >= 20


@pytest.mark.parametrize(("path", "name"), [answer[1:] for answer in ANSWERS], ids=[answer[0] for answer in ANSWERS])
def test_what_is_asked_for_stands_there(path: str, name: str) -> None:
    for file in files(path):
        assert name in set(defined(ast.parse(file.read_text(encoding="utf-8")).body)), f"{file} does not define {name}"


def test_x_stands_for_every_verb() -> None:
    assert [file.stem for file in files("runner/verbs/X.py")] == verbs()


def test_the_rooms_stand_in_the_order_of_imports() -> None:
    linted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (each["layers"] for each in linted["contracts"] if each["name"].startswith("the rooms of the runner"))
    place = {room: number for number, layer in enumerate(layers) for room in re.findall(r"runner\.(\w+)", layer)}
    cells = re.findall(r"^\| ((?:`[\w/<>.]+`(?:, )?)+) \| ", TEXT[TEXT.index("| room | holds |") :], flags=re.M)
    rooms = [re.findall(r"`(\w+)", cell) for cell in cells[: cells.index("`storage`") + 1]]
    for above, below in itertools.pairwise(rooms):
        assert max(place[room] for room in above) < min(place[room] for room in below)
