"""Every shipped component, every example and every file of conf/ keeps the laws of its kind; a new one is tested as
soon as it exists. `-k model.` selects a slot, `-k Ridge` a component."""

import pytest

from runner.composition.catalog import slots
from runner.testing.law import Untestable
from runner.testing.suite import Case, cases, laws

CASES = [pytest.param(case, id=str(case), marks=[pytest.mark.slow] if case.law.slow else []) for case in cases()]
WITHOUT_BEHAVIOUR = {"export", "debug"}
OTHER_NAMES = {
    "data": "source",
    "gates": "gate",
    "tracking": "tracker",
    "robustness": "scenario",
    "baselines": "model",
}


@pytest.mark.parametrize("case", CASES)
def test_law(case: Case) -> None:
    try:
        case.judge()
    except Untestable as reason:
        pytest.skip(str(reason))


def test_every_slot_has_laws() -> None:
    rooms = {law.name.partition(".")[0] for law in laws()}
    assert rooms >= {OTHER_NAMES.get(slot, slot) for slot in slots() if slot not in WITHOUT_BEHAVIOUR} | {"metric"}


@pytest.mark.parametrize("law", laws(), ids=lambda law: law.name)
def test_a_law_gives_its_reason(law) -> None:  # type: ignore[no-untyped-def]
    assert len(law.says) > 40
    assert law.says.endswith(".")
