"""The gates that look at everything that was tried on the data."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from components.gates.backtest_overfitting import BacktestOverfitting
from components.gates.deflated_skill import DeflatedSkill
from components.gates.superior_ability import SuperiorAbility
from components.gates.trial_record import TrialRecord
from components.statistics.provable import critical_value
from components.values import Evidence, Trials

START = np.datetime64("2015-01-01", "us")
DEFLATED = DeflatedSkill(statistic="auto", baseline="last_value", probability=0.95, required=True)
SUPERIOR = SuperiorAbility(
    statistic="auto",
    baseline="last_value",
    level=0.05,
    later_level=0.01,
    n_draws=300,
    block_bars=None,
    required=True,
)
LOSES = BacktestOverfitting(
    measure="loss", statistic="auto", baseline="last_value", maximum=0.1, n_blocks=8, required=True
)


def trials(returns_TK: np.ndarray, *, count: int | None = None, losses_TK: np.ndarray | None = None, **given) -> Trials:
    n, k = returns_TK.shape
    stamps_T = START + np.arange(n) * np.timedelta64(1, "D")
    losses_TK = np.empty((0, 0)) if losses_TK is None else losses_TK
    return Trials(
        number=1,
        count=count or k,
        silent=(count or k) - k,
        returns_TK=returns_TK,
        stamps_T=stamps_T,
        own=0,
        losses_TK=losses_TK,
        loss_stamps_T=stamps_T[: len(losses_TK)],
        own_loss=0 if losses_TK.size else None,
        **given,
    )


@pytest.fixture
def traded(make_evidence: Callable[..., Evidence]) -> Callable[..., Evidence]:
    """traded(mean, k, ...): a run of 1,000 bars that earns `mean` a bar, among k tries that earn nothing."""

    def make(mean: float, k: int = 1, **given) -> Evidence:
        returns_TK = np.random.default_rng(0).normal(0, 0.01, (1000, k))
        returns_TK[:, 0] += mean - returns_TK[:, 0].mean()
        return make_evidence(kind="return", returns_T=returns_TK[:, 0], trials=trials(returns_TK, **given))

    return make


def test_one_try_needs_less_than_the_best_of_many(traded) -> None:
    assert DEFLATED.judge(traded(0.0008)).status == "passed"
    failed = DEFLATED.judge(traded(0.0008, 50))
    assert failed.status == "failed"
    assert failed.says.startswith("The portfolio's Sharpe ratio is 1.29 a year; the best of 50 tries, worth ")
    assert "independent tries." in failed.says


def test_tries_without_returns_count_and_are_named(traded) -> None:
    alone, more = DEFLATED.judge(traded(0.0011)), DEFLATED.judge(traded(0.0011, count=200))
    assert alone.status == "passed"
    assert more.status == "failed"
    assert "199 tries without returns (failed, pruned, or on other dates) count in their number only." in more.says


def test_where_nothing_is_earned_no_history_suffices(traded) -> None:
    says = DEFLATED.judge(traded(-0.001, 5)).says
    assert "would suffice; the figure measured is no improvement at all." in says


def test_a_level_is_judged_by_its_losses(make_evidence, make_scored) -> None:
    rng = np.random.default_rng(1)
    target = rng.normal(size=600)
    good, bad = target + 0.5 * rng.normal(size=600), np.zeros(600)
    scored = make_scored(target, good, last_value=bad)
    losses_TK = np.column_stack([(target - good) ** 2, (target - bad + 0.1 * rng.normal(size=600)) ** 2])
    evidence = make_evidence(kind="level", test=scored, trials=trials(np.zeros((600, 2)), losses_TK=losses_TK))
    found = DEFLATED.judge(evidence)
    assert found.status == "passed"
    assert found.says.startswith("Forecast errors are smaller than those of last_value with t = ")
    assert SUPERIOR.judge(evidence).status == "passed"
    assert LOSES.judge(evidence).status == "passed"


def test_only_what_is_superior_passes_the_step_wise_test(traded) -> None:
    assert SUPERIOR.judge(traded(0.002, 20)).status == "passed"
    failed = SUPERIOR.judge(traded(0.0004, 20))
    assert failed.status == "failed"
    assert "this run not among them" in failed.says


def test_one_judge_counts_every_try_those_without_a_series_too(traded) -> None:
    assert SUPERIOR.judge(traded(0.001)).status == "passed"
    failed = SUPERIOR.judge(traded(0.001, count=2000))
    assert failed.status == "failed"
    assert "1,999 tries without a series count as worthless." in failed.says


def test_a_later_round_must_show_more(traded) -> None:
    first, later = SUPERIOR.judge(traded(0.0008)), SUPERIOR.judge(traded(0.0008, earlier_rounds=2))
    assert (first.status, first.threshold) == ("passed", 0.05)
    assert (later.status, later.threshold) == ("failed", 0.01)
    assert "1 % or less is asked for, since 2 rounds of tries came before" in later.says
    assert later.value == first.value


def test_it_says_what_the_record_could_show(traded) -> None:
    found = SUPERIOR.judge(traded(0.0005, 20))
    assert found.provable is not None
    assert (found.provable["tries"], found.provable["undecided"]) == (20, True)
    assert found.provable["measured"] == pytest.approx(0.8, abs=0.1)
    smallest = found.provable["smallest"]
    assert [one["more"] for one in smallest] == [0, 10, 100, 1000]
    assert all(a["even"] < b["even"] for a, b in pairwise(smallest))
    assert smallest[0]["even"] == pytest.approx(critical_value(20, 0.0, 0.05) / math.sqrt(1000 / 252), rel=0.02)
    assert found.suffices.startswith("After 20 tries this record shows a true Sharpe ratio of ")
    assert found.suffices.endswith("what was measured is smaller, which leaves it undecided.")
    nothing = SUPERIOR.judge(traded(-0.0005, 20))
    assert nothing.provable is not None
    assert not nothing.provable["undecided"]
    assert nothing.suffices.endswith("it earns nothing, so fewer tries would not help.")


def test_a_level_could_show_a_share_of_the_loss(make_evidence, make_scored) -> None:
    rng = np.random.default_rng(1)
    target, last = rng.normal(size=600), rng.normal(size=600)
    scored = make_scored(target, 0.02 * target, last_value=0 * last)
    losses_TK = np.column_stack([(0.98 * target) ** 2 + 0.2 * rng.normal(size=600), target**2])
    evidence = make_evidence(kind="level", test=scored, trials=trials(np.zeros((600, 2)), losses_TK=losses_TK))
    found = SUPERIOR.judge(evidence).provable
    assert found is not None
    assert found["what"] == "share of the loss of last_value saved"
    assert found["measured"] == pytest.approx(1 - losses_TK[:, 0].mean() / (target**2).mean())
    assert 0 < found["smallest"][0]["even"] < 1


def test_draws_that_cannot_show_the_level_are_a_flaw() -> None:
    assert SUPERIOR.flaws() == ()
    (flaw,) = replace(SUPERIOR, later_level=0.001).flaws()
    assert flaw == "300 draws cannot show less than p = 0.0033, so no run could pass"


def test_a_picked_try_that_loses_elsewhere_fails(traded) -> None:
    assert LOSES.judge(traded(0.002, 20)).status == "passed"
    assert LOSES.judge(traded(0.0, 20)).status == "failed"
    alone = LOSES.judge(traded(0.002))
    assert (alone.status, alone.says.split(",")[0]) == ("passed", "Of the only try")
    assert LOSES.judge(traded(-0.002)).status == "failed"


def test_a_broken_record_fails_in_its_own_words(traded) -> None:
    assert TrialRecord(required=True).judge(traded(0.0)).status == "passed"
    said = "truncated or replaced: it ends at event 3, but a run noted event 5 (0123)"
    broken = TrialRecord(required=True).judge(traded(0.0, problems=(said,)))
    assert broken.status == "failed"
    assert broken.says == (
        f"The ledger cannot be trusted: {said}. Restoring it from a copy that holds what is missing would suffice."
    )


def test_a_ledger_without_any_trial_is_no_record(traded) -> None:
    evidence = traded(0.0)
    assert evidence.trials is not None
    found = TrialRecord(required=True).judge(replace(evidence, trials=replace(evidence.trials, number=0, count=0)))
    assert (found.status, found.says) == ("failed", "The ledger holds no trial of this data, not even this run.")


def test_equally_good_tries_raise_the_rank_measure_and_not_the_loss(make_evidence) -> None:
    returns_TK = np.random.default_rng(2).normal(0.003, 0.01, (1000, 20))
    evidence = make_evidence(kind="return", returns_T=returns_TK[:, 0], trials=trials(returns_TK))
    rank = replace(LOSES, measure="rank", maximum=0.0, required=False).judge(evidence)
    assert (rank.status, LOSES.judge(evidence).status) == ("failed", "passed")
    assert rank.value > 0.1 > LOSES.judge(evidence).value
    assert "is in the lower half of all tries in the other in" in rank.says
