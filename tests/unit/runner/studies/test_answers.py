"""What is said of results that were made: something where there is something, nothing where there is nothing."""

import pytest

from made_studies import results, study
from runner.studies.answers import answers
from runner.studies.findings import Group, difference, groups
from runner.studies.study import Study

LATER = ("split=holdout",)
DRAWN = study(draws={"seed": 40}, later=LATER)


def said(asked: Study, **gains: float) -> list[str]:
    return answers(asked, groups(asked, results(asked, gains)))


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (0.1, "something was found"),
        (0.0, "nothing was found that luck does not explain"),
        (-0.1, "it is worse than knowing nothing"),
    ],
)
def test_draws_say_what_is_left_where_no_choice_has_looked(gain: float, verdict: str) -> None:
    first, second = said(DRAWN, one=gain)
    assert first.startswith(
        "Of 40 searches with 5 trials each, the trial that is best on the validation spans promises a"
    )
    assert f" on bars that no choice has read: {verdict}. " in first
    assert first.endswith("0.0% (0.0% to 8.8%) have a verdict other than rejected.")
    assert second.endswith("No way to choose is surely better than another.")


def test_the_promise_is_the_best_of_the_trials_and_what_is_left_is_not() -> None:
    (group,) = groups(DRAWN, results(DRAWN, {"one": 0.0}))
    assert group.promised.above(0.01)
    assert not group.kept.above(0.0)
    assert group.against("hindsight", "validation metric").above(0.0)


def test_arms_are_compared_with_the_first_case_by_case_and_fold_by_fold() -> None:
    asked = study(arms={"base": (), "more": ()}, cases={"u": ("x=1",), "v": ("x=2",)})
    sentence, verdicts = said(asked, base=0.0, more=0.2)
    assert verdicts == "Verdicts other than rejected: 0 of 2 base, 0 of 2 more."
    assert sentence.startswith(
        "more against base: better in 2 of 2 cases and worse in 0 by more than luck explains; where "
    )
    sentence, _ = answers(study(arms=asked.arms), _same(study(arms=asked.arms)))
    assert (
        sentence
        == "more against base: 0.000 (0.000 to 0.000) of correlation, no difference that luck does not explain. "
        "Its net Sharpe ratio is higher in 0 of 1."
    )


def _same(asked: Study) -> list[Group]:
    first, _ = groups(asked, results(asked, {"base": 0.0, "more": 0.0}))
    return [first, Group(study=asked, arm="more", case="", results=first.results)]


def test_draws_are_paired_where_both_arms_have_them() -> None:
    asked = study(arms={"base": (), "more": ()}, draws={"seed": 6})
    first, other = groups(asked, results(asked, {"base": 0.0, "more": 0.1}))
    fewer = Group(study=asked, arm="more", case="", results=other.results[:4])
    assert (difference(first, other).n, difference(first, fewer).n) == (6, 4)
    assert difference(first, other).above(0.0)


def test_a_single_search_is_told_with_its_verdict() -> None:
    (sentence,) = said(study(), one=0.0)
    assert sentence.startswith("Of 5 trials the best on the validation spans has a correlation of ")
    assert sentence.endswith("The verdict: rejected; required gates that failed: no_skill.")


def test_many_cases_of_one_draw_are_averaged() -> None:
    asked = study(cases={name: (f"x={name}",) for name in "uvwxyz"}, later=LATER)
    first, second = said(asked, one=0.1)
    assert first.startswith("6 cases: of 6 searches with 5 trials each, ")
    assert "something was found" in first
    assert second.startswith("6 cases: chosen by ")
