"""The gate against models that say nothing."""

from dataclasses import replace

import numpy as np
import pytest

from components.gates._collapse import class_entropy, copied_changes
from components.gates.no_collapse import NoCollapse

RNG = np.random.default_rng(1)
Y = RNG.normal(size=800)


def gate(**bounds: float) -> NoCollapse:
    names = [name for name in NoCollapse.examples()[0] if name.startswith(("min_", "max_"))]
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
        "their fold (at most 50 % allowed). Forecasts that differ in 50 % of the rows would suffice."
    )


def test_always_up_has_collapsed(make_scored, make_evidence) -> None:
    label = (Y > 0).astype(float)
    probability = np.where(np.arange(800) < 8, 0.4, 0.6)
    evidence = make_evidence(test=make_scored(label, probability), kind="direction")
    judgement = gate(max_class_share=0.95).judge(evidence)
    assert (judgement.status, judgement.value, judgement.threshold) == ("failed", 0.99, 0.95)
    assert judgement.says.endswith(
        '99 % of them say "up" (at most 95 % allowed). Saying "not up" in 5 % of the rows would suffice.'
    )


def test_only_failed_checks_are_named(make_scored, make_evidence) -> None:
    label = (Y > 0).astype(float)
    evidence = make_evidence(test=make_scored(label, 0.3 + 0.1 * label), kind="direction")
    judgement = gate(max_constant_share=0.9, max_class_share=0.95).judge(evidence)
    assert judgement.says == (
        'The forecasts on the test spans have collapsed: 100 % of them say "not up" (at most 95 % allowed). '
        'Saying "up" in 5 % of the rows would suffice.'
    )


def test_a_copy_of_the_last_value_has_collapsed(make_scored, make_evidence) -> None:
    last = np.roll(Y, 1)
    evidence = make_evidence(test=make_scored(Y, last + 1e-6 * Y, last_value=last))
    assert gate(max_copy_correlation=0.999).judge(evidence).status == "failed"


def test_bounds_that_could_not_be_looked_at_fail(make_scored, make_evidence) -> None:
    evidence = make_evidence(test=make_scored(Y, 0.5 * Y), kind="level")
    judgement = gate(max_class_share=0.9, max_copy_correlation=0.9).judge(evidence)
    assert judgement.status == "failed"
    assert judgement.says == "None of the bounds of this gate could be looked at in this run."


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


def test_folds_that_each_say_one_side_have_collapsed_though_both_are_said_equally_often(
    make_scored, make_evidence
) -> None:
    label = (Y > 0).astype(float)
    by_fold = np.repeat([0.6, 0.4, 0.6, 0.4], 200)
    evidence = make_evidence(test=make_scored(label, by_fold), kind="direction")
    assert gate(max_class_share=0.95).judge(evidence).status == "passed"
    judgement = gate(min_class_entropy=0.2).judge(evidence)
    assert (judgement.status, judgement.value, judgement.threshold) == ("failed", 0.0, 0.2)
    assert judgement.says.endswith(
        "the side they take within a fold has 0 bits of entropy (at least 0.2 asked for). "
        "Forecasts that take both sides in every fold would suffice."
    )


@pytest.mark.parametrize(("up", "bits"), [(0.5, 1.0), (0.25, 0.811278), (0.03, 0.194392)])
def test_entropy_is_that_of_a_coin_with_the_share(up: float, bits: float) -> None:
    fold = np.repeat([1, 2], 100)
    says_up = np.tile(np.arange(100) < 100 * up, 2)
    assert class_entropy(says_up, fold) == pytest.approx(bits, abs=1e-6)


def test_a_shifted_and_scaled_copy_of_the_last_value_has_collapsed(make_scored, make_evidence) -> None:
    level = np.cumsum(Y)
    last = np.concatenate([[0.0], level[:-1]])
    copy = make_scored(level, 3 + 0.5 * last + 0.01 * RNG.normal(size=800), last_value=last)
    judgement = gate(max_copied_changes=0.95).judge(make_evidence(test=copy))
    assert judgement.status == "failed"
    assert judgement.value == pytest.approx(np.corrcoef(np.diff(copy.forecast_M), np.diff(last))[0, 1] ** 2, abs=0.01)
    # A forecast that knows the next step is as close to the last level, but changes otherwise.
    knows = make_scored(level, last + 0.5 * Y, last_value=last)
    assert np.corrcoef(knows.forecast_M, last)[0, 1] > 0.99
    assert gate(max_copied_changes=0.95).judge(make_evidence(test=knows)).status == "passed"


def test_changes_are_taken_within_a_symbol_and_a_fold(make_scored) -> None:
    scored = make_scored(Y, Y, symbols=4)
    last = RNG.normal(size=800)
    pairs = [
        (last[j] - last[i], Y[j] - Y[i])
        for i in range(800)
        for j in [i + 4]
        if j < 800 and scored.fold_M[i] == scored.fold_M[j]
    ]
    expected = np.corrcoef(np.array(pairs).T)[0, 1]
    found = copied_changes(Y, last, scored.symbols_M, scored.fold_M)
    assert found == pytest.approx(max(expected, 0.0) ** 2)


def test_holding_under_another_name_has_collapsed(make_scored, make_evidence) -> None:
    market = RNG.normal(0.0003, 0.01, 800)
    evidence = make_evidence(
        test=make_scored(Y, 0.5 * Y), returns_T=0.8 * market - 1e-6, benchmark_T=0.79 * market, kind="return"
    )
    judgement = gate(max_hold_correlation=0.99).judge(evidence)
    assert judgement.status == "failed"
    assert judgement.says.endswith(
        "the portfolio's returns have a correlation of 1.0000 with holding the market (at most 0.9900 allowed). "
        "Weights that change with the forecasts would suffice."
    )
    timing = replace(evidence, returns_T=market * (RNG.random(800) > 0.5))
    assert gate(max_hold_correlation=0.99).judge(timing).status == "passed"


def test_a_gate_without_any_bound_is_told_before_a_run() -> None:
    assert gate().flaws() == ("has no bound: all of them are null",)
    assert gate(max_class_share=0.9).flaws() == ()
