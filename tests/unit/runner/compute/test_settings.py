"""Settings, read once while trials that share them follow each other."""

from dataclasses import dataclass, replace

import pytest

from components.contracts import Component
from runner.composition.configure import configure
from runner.compute.keys import Settings, classes_in, plain
from runner.storage.canonical import canonical_json

EXPERIMENT, _ = configure(["+experiment=sp500_volatility", "model=ridge", "tracking=none"])
GIVEN = {
    "an experiment": EXPERIMENT,
    "a component": EXPERIMENT.model,
    "components by name": dict(EXPERIMENT.baselines),
    "a list of them": [EXPERIMENT.model, EXPERIMENT.split],
    "no component": EXPERIMENT.resources,
    "plain values": {"a": [1, 1.0, True, None], "b": ("x",)},
    "a class": type(EXPERIMENT.model),
    "nothing": None,
}


@pytest.mark.parametrize("value", GIVEN.values(), ids=GIVEN)
def test_what_was_read_before_reads_as_when_it_is_read_alone(value):
    reader = Settings()
    for _ in range(4):
        said, classes = reader.read(value)
        assert canonical_json(said) == canonical_json(plain(value))
        assert classes == classes_in(value)
        reader.next_trial()


def test_a_component_is_known_by_itself_and_not_by_what_equals_it():
    one = replace(EXPERIMENT.model, penalty=1.0)
    two = replace(EXPERIMENT.model, penalty=1)
    reader = Settings()
    assert one == two
    assert canonical_json(reader.read(one)[0]) != canonical_json(reader.read(two)[0])


def test_a_component_is_read_once_while_trials_use_it():
    @dataclass(frozen=True, kw_only=True)
    class Counted(Component):
        @property
        def inert(self):
            reads.append(self)
            return frozenset()

        @classmethod
        def examples(cls):
            return []

    reads, reader, component = [], Settings(), Counted()
    reader.read(component)
    first = len(reads)
    for _ in range(3):
        reader.next_trial()
        reader.read([component])
    assert len(reads) == first
    for _ in range(2):
        reader.next_trial()
    reader.read(component)
    assert len(reads) == 2 * first
