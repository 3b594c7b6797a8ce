"""Problems of single values: all at once, one line each, with path, value, what is allowed, a hint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from components.contracts import Model
from components.ranges import Ge, Gt, MinLen
from runner.composition.check import nearest, problems

RIDGE = {"_target_": "components.model.ridge.Ridge", "penalty": 1.0}


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: Annotated[float, Gt(0)]


@dataclass(frozen=True, kw_only=True)
class Root:
    rate: Annotated[float, Gt(0)]
    count: Annotated[int, Ge(1)]
    flag: bool
    window: Literal["expanding", "rolling"]
    names: Mapping[str, str]
    bars: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1)]
    pair: tuple[float, float]
    limit: Annotated[float, Gt(0)] | None
    inner: Inner
    model: Model
    others: Mapping[str, Model]


GOOD: dict[str, Any] = {
    "rate": 1,
    "count": 2,
    "flag": True,
    "window": "rolling",
    "names": {"a": "b"},
    "bars": [1, 2],
    "pair": [0.0, 1],
    "limit": None,
    "inner": {"rate": 0.5},
    "model": RIDGE,
    "others": {"x": RIDGE},
}


def lines(changes: Mapping[str, Any], *, without: Sequence[str] = ()) -> list[str]:
    config = {key: value for key, value in {**GOOD, **changes}.items() if key not in without}
    return [str(problem) for problem in problems(config, Root)]


def test_a_good_configuration_has_no_problems() -> None:
    assert lines({}) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"rate": -0.1}, "rate: -0.1 is not allowed; must be > 0"),
        ({"rate": "fast"}, "rate: 'fast' is not allowed; must be a number > 0"),
        ({"rate": True}, "rate: true is not allowed; must be a number > 0"),
        ({"rate": float("nan")}, "rate: nan is not allowed; must be > 0"),
        ({"rate": float("inf")}, "rate: inf is not allowed; must be > 0"),
        ({"rate": None}, "rate: null is not allowed; must be a number > 0"),
        ({"rate": "???"}, "rate: missing; must be a number > 0"),
        ({"rate": {"a": 1}}, "rate: {'a': 1} is not allowed; must be a number > 0"),
        ({"count": 2.0}, "count: 2.0 is not allowed; must be an integer >= 1"),
        ({"count": "2"}, "count: '2' is not allowed; must be an integer >= 1"),
        ({"flag": 1}, "flag: 1 is not allowed; must be true or false"),
        (
            {"window": "roling"},
            "window: 'roling' is not allowed; must be 'expanding' or 'rolling'; did you mean 'rolling'?",
        ),
        ({"names": {"a": 1}}, "names.a: 1 is not allowed; must be text"),
        ({"names": {True: "x"}}, "names.True: a name must be text; write 'True' in quotes"),
        ({"names": "a"}, "names: 'a' is not allowed; must be a map of names to values"),
        ({"bars": [1, 0]}, "bars.1: 0 is not allowed; must be >= 1"),
        ({"bars": []}, "bars: [] is not allowed; must be a list with at least 1 entry"),
        ({"bars": 3}, "bars: 3 is not allowed; must be a list with at least 1 entry"),
        ({"pair": [1.0]}, "pair: [1.0] is not allowed; must be a list of 2 entries"),
        ({"limit": 0}, "limit: 0 is not allowed; must be > 0 or null"),
        ({"inner": {"rate": 0}}, "inner.rate: 0 is not allowed; must be > 0"),
        ({"inner": {"rate": 1, "rote": 2}}, "inner.rote: unknown key; did you mean 'inner.rate'?"),
        ({"rte": 1}, "rte: unknown key; did you mean 'rate'?"),
        ({"model": {**RIDGE, "penalti": 1}}, "model.penalti: unknown key; did you mean 'model.penalty'?"),
        ({"model": {**RIDGE, "xyz": 1}}, "model.xyz: unknown key; allowed: penalty"),
        ({"model": {**RIDGE, "_partial_": True}}, "model._partial_: unknown key; allowed: penalty"),
        ({"model": 3}, "model: 3 is not allowed; must be a section with _target_ of kind Model"),
        (
            {"model": {**RIDGE, "_target_": "components.loss.squared.Squared"}},
            "model._target_: components.loss.squared.Squared is of kind Loss; must be of kind Model",
        ),
        (
            {"others": {"x": {**RIDGE, "penalty": 0}}},
            "others.x.penalty: 0 is not allowed; must be > 0",
        ),
    ],
)
def test_one_problem_is_one_line(changes: Mapping[str, Any], line: str) -> None:
    assert lines(changes) == [line]


def test_what_is_absent_is_missing() -> None:
    assert lines({}, without=["limit", "model"]) == [
        "limit: missing; must be a number > 0 or null",
        "model: missing; must be a section with _target_ of kind Model",
    ]


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "components.model.ridge.np.load",
        "components.model.ridge.dataclass",
        "components.contracts.Model",
        "components.model.ridge.Ridge.fit",
        "components.model.ridge",
        ["components.model.ridge.Ridge"],
        None,
    ],
)
def test_a_target_outside_the_catalogue_is_refused(target: Any) -> None:
    (line,) = lines({"model": {**RIDGE, "_target_": target}})
    shown = "null" if target is None else repr(target)
    assert line.startswith(f"model._target_: {shown} is not a component; it was not imported; ")


def test_a_mistyped_target_gets_the_nearest_name() -> None:
    (line,) = lines({"model": {**RIDGE, "_target_": "components.model.ridge.Rigde"}})
    assert line == (
        "model._target_: 'components.model.ridge.Rigde' is not a component; it was not imported; "
        "did you mean 'components.model.ridge.Ridge'?"
    )


def test_nothing_of_a_foreign_target_is_imported(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "wicked.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n\nclass Model: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert lines({"model": {"_target_": "wicked.Model"}})
    assert not (tmp_path / "executed").exists()


def test_all_problems_are_found_at_once() -> None:
    changes = {
        "rate": 0,
        "count": "x",
        "inner": {"rat": 1},
        "others": {"x": {"_target_": "os.system"}},
        "z": 1,
    }
    paths = [line.partition(":")[0] for line in lines(changes)]
    assert paths == ["z", "rate", "count", "inner.rat", "inner.rate", "others.x._target_"]


def test_a_section_of_its_own_can_be_checked_with_its_path() -> None:
    (problem,) = problems({**RIDGE, "penalty": -1}, Model, path="baselines.mine")
    assert str(problem) == "baselines.mine.penalty: -1 is not allowed; must be > 0"


def test_nearest() -> None:
    assert nearest("lerning_rate", ["learning_rate", "num_leaves"]) == "learning_rate"
    assert nearest("zzz", ["learning_rate"]) is None
