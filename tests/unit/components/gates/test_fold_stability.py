"""The gate on skill fold by fold."""

import math

import pytest

from components.gates.fold_stability import FoldStability


def gate(min_share: float = 0.75) -> FoldStability:
    return FoldStability(metric="r2", minimum=0.0, min_share=min_share, span="test", required=True)


def folds(*values: float) -> dict[str, float]:
    found = {f"test/r2_fold_{fold}": value for fold, value in enumerate(values, start=1)}
    return {**found, "test/r2": 1.0, "test/naive/r2_fold_1": -9.0, "valid/r2_fold_1": -9.0}


def test_three_folds_of_four_suffice(make_evidence) -> None:
    judgement = gate().judge(make_evidence(metrics=folds(0.1, -0.05, 0.0, 0.2)))
    assert (judgement.status, judgement.value, judgement.threshold) == ("passed", 0.75, 0.75)
    assert judgement.says == (
        "R² (share of the outcomes' variance explained) on the test spans is at least 0 in 3 of 4 folds "
        "(75 %); the weakest is fold 2 with -0.05."
    )


def test_too_few_folds_fail_and_the_missing_are_counted(make_evidence) -> None:
    judgement = gate(0.9).judge(make_evidence(metrics=folds(0.1, -0.05, -1.0, 0.2)))
    assert (judgement.status, judgement.value) == ("failed", 0.5)
    assert judgement.says.endswith("the weakest is fold 3 with -1. 4 folds are needed: 2 more would suffice.")


def test_a_fold_that_could_not_be_scored_does_not_count(make_evidence) -> None:
    judgement = gate(1.0).judge(make_evidence(metrics=folds(0.1, math.nan)))
    assert (judgement.status, judgement.value) == ("failed", 0.5)
    assert "it could not be computed in fold 2" in judgement.says


def test_the_share_is_not_missed_by_rounding(make_evidence) -> None:
    assert gate(0.7).judge(make_evidence(metrics=folds(*[0.1] * 7, *[-0.1] * 3))).status == "passed"


def test_a_single_fold_fails(make_evidence) -> None:
    judgement = gate().judge(make_evidence(metrics=folds(0.1)))
    assert judgement.status == "failed"
    assert judgement.says == "There is one fold only: stability between folds cannot be seen."


def test_without_folds_it_fails(make_evidence) -> None:
    judgement = gate().judge(make_evidence(metrics={"test/r2": 1.0}))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "This run has no test/r2 per fold."


@pytest.mark.parametrize("other", ["test/r2_fold_1x", "Xtest/r2_fold_1", "test/mse_r2_fold_1"])
def test_similar_names_are_not_taken_for_folds(make_evidence, other: str) -> None:
    assert gate().judge(make_evidence(metrics={other: 1.0})).value is None
