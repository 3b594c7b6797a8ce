"""The gate against models that say nothing."""

import numpy as np
import pytest

from components.gates.no_collapse import NoCollapse

RNG = np.random.default_rng(1)
Y = RNG.normal(size=800)


def gate(**bounds: float) -> NoCollapse:
    names = ("min_variance_ratio", "max_constant_share", "max_class_share", "max_copy_correlation")
    return NoCollapse(**{name: bounds.get(name) for name in names}, span="test", required=True)


def test_a_lively_forecast_passes_and_the_figures_are_said(make_scored, make_evidence) -> None:
    scored = make_scored(Y, 0.5 * Y, last_value=np.roll(Y, 1))
    judgement = gate(min_variance_ratio=0.05, max_constant_share=0.5, max_copy_correlation=0.999).judge(
        make_evidence(test=scored)
    )
    correlation = np.corrcoef(Y, np.roll(Y, 1))[0, 1]
    assert judgement.status == "passed"
    assert judgement.value == pytest.approx(0.25)
    assert judgement.says == (
        "The forecasts on the test spans have not collapsed: within a fold they vary 25 % as much as the "
        "outcomes (variance; at least 5 % asked for); 0.5 % of them equal the most frequent value of their "
        "fold (at most 50 % allowed); their correlation with last_value is "
        f"{correlation:.4f} (at most 0.9990 allowed)."
    )


def test_a_constant_per_fold_has_collapsed(make_scored, make_evidence) -> None:
    by_fold = np.repeat([0.1, -0.2, 5.0, 0.3], 200)
    evidence = make_evidence(test=make_scored(Y, by_fold))
    variance = gate(min_variance_ratio=0.001).judge(evidence)
    assert (variance.status, variance.value, variance.threshold) == ("failed", pytest.approx(0), 0.001)
    constant = gate(max_constant_share=0.5).judge(evidence)
    assert (constant.status, constant.value) == ("failed", 1.0)
    assert constant.says == (
        "The forecasts on the test spans have collapsed: 100 % of them equal the most frequent value of "
        "their fold (at most 50 % allowed)."
    )


def test_always_up_has_collapsed(make_scored, make_evidence) -> None:
    label = (Y > 0).astype(float)
    probability = np.where(np.arange(800) < 8, 0.4, 0.6)
    evidence = make_evidence(test=make_scored(label, probability), kind="direction")
    judgement = gate(max_class_share=0.95).judge(evidence)
    assert (judgement.status, judgement.value, judgement.threshold) == ("failed", 0.99, 0.95)
    assert judgement.says.endswith('99 % of them say "up" (at most 95 % allowed).')


def test_only_failed_checks_are_named(make_scored, make_evidence) -> None:
    label = (Y > 0).astype(float)
    evidence = make_evidence(test=make_scored(label, 0.3 + 0.1 * label), kind="direction")
    judgement = gate(max_constant_share=0.9, max_class_share=0.95).judge(evidence)
    assert judgement.says == (
        'The forecasts on the test spans have collapsed: 100 % of them say "not up" (at most 95 % allowed).'
    )


def test_a_copy_of_the_last_value_has_collapsed(make_scored, make_evidence) -> None:
    last = np.roll(Y, 1)
    evidence = make_evidence(test=make_scored(Y, last + 1e-6 * Y, last_value=last))
    assert gate(max_copy_correlation=0.999).judge(evidence).status == "failed"


def test_bounds_that_do_not_apply_make_the_gate_not_applicable(make_scored, make_evidence) -> None:
    evidence = make_evidence(test=make_scored(Y, 0.5 * Y), kind="level")
    judgement = gate(max_class_share=0.9, max_copy_correlation=0.9).judge(evidence)
    assert judgement.status == "not_applicable"
    assert judgement.says == "None of the bounds of this gate applies to this experiment."


def test_forecasts_that_are_not_numbers_fail(make_scored, make_evidence) -> None:
    judgement = gate(min_variance_ratio=0.1).judge(make_evidence(test=make_scored(Y, Y * np.nan)))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "There is no finite forecast on the test spans."


def test_outcomes_that_do_not_vary_fail(make_scored, make_evidence) -> None:
    judgement = gate(min_variance_ratio=0.1).judge(make_evidence(test=make_scored(np.zeros(800), Y)))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert "the outcomes do not vary within a fold" in judgement.says


@pytest.mark.parametrize("target", [np.full(20, np.nan), np.ones(20)])
def test_every_bound_stands_unknown_outcomes(make_scored, make_evidence, target) -> None:
    scored = make_scored(target, RNG.normal(size=20))
    every = gate(min_variance_ratio=0.1, max_constant_share=0.5, max_class_share=0.9)
    assert every.judge(make_evidence(test=scored, kind="return")).status == "failed"
