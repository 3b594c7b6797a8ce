"""The gate on the rank among null worlds."""

from components.gates.null_rank import NullRank
from components.values import NullRank as Rank


def rank(p_value: float, above: int, worlds: int) -> Rank:
    return Rank(
        figure="test/r2", value=0.012, p_value=p_value, rank=1 + above, worlds=worlds, low=0.0, high=0.08, trials=50
    )


def test_it_holds_the_p_value_against_its_level(make_evidence) -> None:
    gate = NullRank(level=0.05, required=True)
    passed = gate.judge(make_evidence(kind="return", nulls=rank(0.01, 0, 99)))
    assert (passed.status, passed.value, passed.threshold) == ("passed", 0.01, 0.05)
    assert passed.says.startswith(
        "In 0 of 99 null worlds the same search of 50 trials found a best at least as good by test/r2 "
        "(0.012 here; p = 0.010; of all worlds it would be 0 % to 8 %)."
    )
    assert gate.judge(make_evidence(kind="return", nulls=rank(0.06, 5, 99))).status == "failed"


def test_too_few_worlds_are_said(make_evidence) -> None:
    judged = NullRank(level=0.05, required=True).judge(make_evidence(kind="return", nulls=rank(0.1, 0, 9)))
    assert judged.status == "failed"
    assert judged.suffices == "p = 0.050 or less would suffice. At least 19 worlds are needed for 5 %."


def test_a_run_without_null_worlds_fails(make_evidence) -> None:
    judged = NullRank(level=0.05, required=True).judge(make_evidence(kind="return"))
    assert judged.status == "failed"
    assert (
        judged.says == "No null worlds are known of it: it is not the best trial of a sweep with sweep.null_worlds=100."
    )
