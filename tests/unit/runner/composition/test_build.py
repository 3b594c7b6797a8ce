"""Building: read-only values of the annotated types, and nothing without a check."""

import sys
import textwrap
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from components.contracts import Ensemble, Features, Model, Split
from components.errors import ConfigError, ContractError
from components.features.expressions import ExpressionFeatures
from components.model.ridge import Ridge
from runner.composition.build import build

FEATURES: dict[str, Any] = {
    "_target_": "components.features.expressions.ExpressionFeatures",
    "definitions": {},
    "windows": [5, 20],
    "expressions": {"mean_{w}": "mean(close, {w})"},
}


def test_lists_become_tuples_and_maps_read_only() -> None:
    built = build(Features, FEATURES)
    assert isinstance(built, ExpressionFeatures)
    assert built.windows == (5, 20)
    assert isinstance(built.expressions, MappingProxyType)
    with pytest.raises(TypeError):
        built.expressions["x"] = "close"  # type: ignore[index]


def test_an_integer_becomes_a_float_where_a_float_is_asked_for() -> None:
    built = build(Model, {"_target_": "components.model.ridge.Ridge", "penalty": 1})
    assert isinstance(built, Ridge)
    assert isinstance(built.penalty, float)
    assert built == Ridge(penalty=1.0)


def test_components_inside_components_are_built() -> None:
    inner = {"_target_": "components.model.ridge.Ridge", "penalty": 2.0}
    config = {
        "_target_": "components.ensemble.blend.Blend",
        "models": {"second": inner},
        "weighting": "equal",
    }
    assert dict(build(Ensemble, config).members()) == {"second": Ridge(penalty=2.0)}


def test_nothing_is_built_from_a_configuration_with_problems() -> None:
    config = {"_target_": "components.model.ridge.Ridge", "penalty": -1, "penalti": 2}
    with pytest.raises(ConfigError) as caught:
        build(Model, config, path="model")
    assert str(caught.value).splitlines() == [
        "model.penalti: unknown key; did you mean 'model.penalty'?",
        "model.penalty: -1 is not allowed; must be > 0",
    ]


def test_the_given_configuration_is_left_alone() -> None:
    before = repr(FEATURES)
    build(Features, FEATURES)
    assert repr(FEATURES) == before


COMPONENT = """
    from dataclasses import dataclass
    from components.contracts import Split
    from components.errors import ConfigError, Problem

    @dataclass(frozen=True, kw_only=True)
    class Strict(Split):
        bars: int
        vault_start: str | None

        def __post_init__(self):
            if self.bars == 13:
                raise ConfigError(Problem("bars", "13 brings bad luck", "choose another number"))
            if self.bars == 14:
                raise ValueError("not 14 either")

        def spans(self, decision_times_T):
            return ()

        @classmethod
        def examples(cls):
            return ({"bars": 1, "vault_start": None}, {"bars": 2, "vault_start": None})
"""


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "strict_splits.py").write_text(textwrap.dedent(COMPONENT))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ASSAY_COMPONENTS", "strict_splits")
    monkeypatch.delitem(sys.modules, "strict_splits", raising=False)
    return "strict_splits.Strict"


def test_a_complaint_of_a_constructor_gets_its_path(strict: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(Split, {"_target_": strict, "bars": 13, "vault_start": None}, path="split")
    assert str(caught.value) == "split.bars: 13 brings bad luck; choose another number"


def test_a_constructor_that_fails_breaks_its_contract(strict: str) -> None:
    with pytest.raises(ContractError) as caught:
        build(Split, {"_target_": strict, "bars": 14, "vault_start": None}, path="split")
    assert str(caught.value) == (
        "split: strict_splits.Strict cannot be constructed: not 14 either; "
        "mend the component: a constructor does nothing, ranges belong into the annotations"
    )
