"""Stages: what their keys are made of, when they are computed, and that they are computed once."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from components.errors import ContractError
from runner.compute.stage import Cache, Given, Parts, Stage, joint_key
from runner.specification.described import described
from runner.storage.formats import ARRAYS, FILES, JSON, Files
from runner.storage.store import Store

CALLS: list[str] = []


@dataclass
class Line:
    cached: bool = False
    seconds: float = 0.0


class Shown:
    """Notes the names of stages as they begin."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Line]:
        self.names.append(name)
        yield Line()


@dataclass(frozen=True, kw_only=True)
class Scale:
    inert: ClassVar[frozenset[str]] = frozenset({"timeout_s"})

    factor: float
    timeout_s: int = 1


@dataclass(frozen=True, kw_only=True)
class OtherScale(Scale):
    pass


def doubled(number: float, *, by: Scale | None = None, times: int = 2) -> float:
    CALLS.append("doubled")
    return number * times


def summed(numbers: tuple[float, ...], named: Mapping[str, float], nothing: None = None) -> float:
    CALLS.append("summed")
    return sum(numbers) + sum(named.values())


def slow(number: float) -> float:
    CALLS.append("slow")
    time.sleep(0.05)
    return number


def failing(number: float) -> float:
    CALLS.append("failing")
    raise ZeroDivisionError("float division by zero")


def parted_table(number: float, *, rows: int, parts: Parts) -> tuple[float, int]:
    CALLS.append(parts.place)
    return number, rows


@pytest.fixture(autouse=True)
def calls() -> list[str]:
    CALLS.clear()
    return CALLS


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(store=Store(tmp_path), progress=Shown())


def given(value: Any, key: str = "a") -> Given[Any]:
    return Given(key=key, value=value)


def stage(cache: Cache, *, fn: Callable[..., Any] = doubled, number: Any = None, form: Any = JSON, **settings: Any):
    inputs = {"number": given(1.0) if number is None else number}
    return cache.stage(fn, inputs=inputs, settings=settings, form=form, shown="stage")


def test_every_part_of_a_key_matters(cache: Cache) -> None:
    variants = [
        stage(cache),
        stage(cache, fn=slow),
        stage(cache, number=given(1.0, "b")),
        stage(cache, form=FILES),
        stage(cache, form=None),
        stage(cache, times=3),
        stage(cache, times=3.0),
        stage(cache, by=Scale(factor=1.0)),
        stage(cache, by=Scale(factor=2.0)),
        stage(cache, by=OtherScale(factor=1.0)),
        stage(cache, by=[Scale(factor=1.0)]),
        stage(cache, by={"first": Scale(factor=1.0)}),
        stage(cache, by=None),
        cache.stage(doubled, inputs={"numbers": given(1.0)}, form=JSON),
        cache.stage(doubled, inputs={"number": [given(1.0)]}, form=JSON),
        cache.stage(doubled, inputs={"number": {"a": given(1.0)}}, form=JSON),
        cache.stage(doubled, inputs={"number": None}, form=JSON),
    ]
    keys = {each.key for each in variants}
    assert len(keys) == len(variants)
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


def test_what_is_inert_or_only_shown_does_not_matter(cache: Cache) -> None:
    plain = stage(cache, by=Scale(factor=1.0))
    assert stage(cache, by=Scale(factor=1.0, timeout_s=60)).key == plain.key
    assert stage(cache, number=given(99.0, "a"), by=Scale(factor=1.0)).key == plain.key  # the key stands for the value
    other = cache.stage(
        doubled,
        inputs={"number": given(1.0)},
        settings={"by": Scale(factor=1.0)},
        form=JSON,
        shown="another name",
        part="2",
        remembered=False,
    )
    assert other.key == plain.key


def test_the_order_of_inputs_and_settings_does_not_matter_but_that_of_a_list_does(cache: Cache) -> None:
    one, two = given(1.0, "a"), given(2.0, "b")
    first = cache.stage(summed, inputs={"numbers": [one], "named": {"x": one, "y": two}}, form=JSON)
    again = cache.stage(summed, inputs={"named": {"y": two, "x": one}, "numbers": [one]}, form=JSON)
    assert first.key == again.key
    listed = [
        cache.stage(summed, inputs={"numbers": both, "named": {}}, form=JSON) for both in ([one, two], [two, one])
    ]
    assert listed[0].key != listed[1].key
    assert joint_key(one, two) != joint_key(two, one)


def test_code_is_part_of_the_key_of_a_function_and_of_the_classes_of_its_settings(cache: Cache) -> None:
    code = stage(cache, by={"scales": [Scale(factor=1.0)]}).origin["code"]
    names = {name.rpartition(".")[2] for name in code}
    assert names == {"doubled", "Scale", type(JSON).__name__}
    assert cache.store.meaning(code[f"{doubled.__module__}.doubled"])["parts"]


@pytest.mark.parametrize(
    "fn", [lambda number: number, Scale, np.sum, Cache.drop], ids=["lambda", "class", "C", "method"]
)
def test_what_has_no_code_that_can_be_named_is_refused(cache: Cache, fn: Callable[..., Any]) -> None:
    with pytest.raises(ContractError) as error:
        stage(cache, fn=fn)
    assert str(error.value) == f"{fn!r} cannot be a stage: only a function of a module has code that can be named"


def test_a_setting_that_is_not_plain_is_named(cache: Cache) -> None:
    with pytest.raises(ContractError, match=r"^settings\.times: .* cannot be part of a key"):
        stage(cache, times=float("nan"))


def test_nothing_is_computed_before_it_is_asked_for_and_then_once(cache: Cache, calls: list[str]) -> None:
    first = stage(cache, times=5)
    second = stage(cache, number=first)
    assert calls == []
    assert (second.value, second.value, first.value) == (10.0, 10.0, 5.0)
    assert calls == ["doubled", "doubled"]
    assert [(time["name"], time["cached"]) for time in cache.times] == [("stage", False), ("stage", False)]


def test_what_the_store_holds_needs_no_input(tmp_path: Path, cache: Cache, calls: list[str]) -> None:
    @dataclass(frozen=True)
    class Absent:
        key: str

        @property
        def value(self) -> float:
            raise AssertionError("must not be asked for")

    assert stage(cache, number=stage(cache)).value == 4.0
    calls.clear()
    later = Cache(store=Store(tmp_path), progress=Shown())
    found = stage(later, number=Absent(stage(cache).key))
    assert found.value == 4.0
    assert found.ensure()
    assert calls == []
    assert [(time["name"], time["cached"]) for time in later.times] == [("stage", True)]


def test_without_a_form_it_is_computed_in_every_process_and_kept_nowhere(cache: Cache, calls: list[str]) -> None:
    for _ in range(2):
        fresh = stage(cache.quiet(), form=None)
        assert (fresh.value, fresh.value) == (2.0, 2.0)
        assert not fresh.ensure()
    assert calls == ["doubled"] * 2
    assert not cache.store.has(fresh.key, fresh.name)


def test_it_is_computed_once_by_any_number_of_threads(cache: Cache, calls: list[str]) -> None:
    shared = stage(cache, fn=slow)
    readers = [stage(cache, number=shared, times=n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda each: each.value, readers)) == [float(n) for n in range(8)]
    assert calls.count("slow") == 1


def test_two_stages_of_one_key_are_computed_once_across_threads(cache: Cache, calls: list[str]) -> None:
    twins = [stage(cache, fn=slow) for _ in range(4)]
    barrier = threading.Barrier(4)

    def asked(each: Stage[float]) -> float:
        barrier.wait()
        return each.value

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(asked, twins)) == [1.0] * 4
    assert calls == ["slow"]


def test_what_fails_is_not_kept_and_is_tried_again(cache: Cache, calls: list[str]) -> None:
    broken = stage(cache, fn=failing)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = broken.value
    assert calls == ["failing"] * 2
    assert not cache.store.has(broken.key, broken.name)


def test_ensure_keeps_the_value_and_says_whether_it_was_there(cache: Cache, calls: list[str]) -> None:
    assert [stage(cache).ensure() for _ in range(2)] == [False, True]
    assert calls == ["doubled"]


def test_what_is_not_remembered_is_read_again(cache: Cache, calls: list[str]) -> None:
    read = cache.stage(doubled, inputs={"number": given(1.0)}, form=JSON, remembered=False)
    assert read.value == 2.0
    cache.store.drop(read.key, read.name)
    assert read.value == 2.0
    assert calls == ["doubled"] * 2


def test_a_dropped_result_is_not_found_again(cache: Cache, calls: list[str]) -> None:
    first = stage(cache)
    assert first.value == 2.0
    cache.drop(first)
    assert stage(cache).value == 2.0
    assert calls == ["doubled"] * 2


def arrays(number: float) -> dict[str, np.ndarray]:
    return {"x": np.full(3, number)}


def files(number: float) -> Files:
    return {"deep/name.txt": repr(number).encode()}


def test_cold_and_cached_are_equal(tmp_path: Path, cache: Cache) -> None:
    for fn, form in ((arrays, ARRAYS), (files, FILES)):
        cold = cache.stage(fn, inputs={"number": given(0.1)}, form=form).value
        found = Cache(store=Store(tmp_path), progress=Shown()).stage(fn, inputs={"number": given(0.1)}, form=form)
        assert found.ensure()
        assert {name: bytes(value) for name, value in found.value.items()} == {n: bytes(v) for n, v in cold.items()}


def test_parts_share_a_place_for_what_they_have_in_common(cache: Cache, calls: list[str]) -> None:
    def made(rows: int, source: str) -> Stage[float]:
        return cache.parted(
            parted_table,
            inputs={"number": given(1.0)},
            settings={"rows": rows},
            common={"source": source},
            shown="table",
        )

    tables = [made(0, "a"), made(7, "a"), made(0, "b")]
    assert tables[0].key == tables[2].key != tables[1].key  # the bars are an input: whose they are is no matter
    assert [each.value for each in tables] == [1.0] * 3
    assert calls[0] == calls[1] != calls[2]
    assert all(place.startswith("parted_table-") for place in calls)
    assert [time["cached"] for time in cache.times] == [True, False, True]


def test_a_key_alone_computes_nothing(cache: Cache, calls: list[str]) -> None:
    settings = {"times": 3}
    inputs = {"number": given(1.0)}
    key = cache.key(doubled, inputs=inputs, settings=settings)
    assert key == cache.stage(doubled, inputs=inputs, settings=settings, form=None).key
    assert calls == []


def test_what_the_key_was_made_of_is_kept_beside_the_result(cache: Cache) -> None:
    made = stage(cache, by=Scale(factor=3.0, timeout_s=9), times=4)
    assert made.value == 4.0
    origin = cache.store.origin(made.key, made.name)
    assert origin == made.origin
    assert origin["settings"] == {"by": {"_target_": f"{__name__}.Scale", "factor": 3.0}, "times": 4}
    assert origin["inputs"] == {"number": "a"}
    assert cache.made["doubled"] is made


def test_components_are_described_with_their_parameters_however_deep() -> None:
    scale = Scale(factor=1.0, timeout_s=3)
    whole = {"_target_": f"{__name__}.Scale", "factor": 1.0, "timeout_s": 3}
    assert described({"a": [scale], "b": (1, None, "x")}) == {"a": [whole], "b": [1, None, "x"]}
    without = described([scale], without_inert=True)
    assert without == [{"_target_": f"{__name__}.Scale", "factor": 1.0}]
    assert described(frozenset({"b", "a"})) == ["a", "b"]
    assert described((np.float64(0.5), np.int32(3), np.datetime64("2020-01-02"))) == [0.5, 3, "2020-01-02"]
    one, two = (described(np.array([1.0, value])) for value in (2.0, 3.0))
    assert len(one) == len(two) == 64
    assert one != two
    assert described(Scale) == f"{__name__}.Scale"
