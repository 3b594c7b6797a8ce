"""What a set of gates could show at all."""

from components.gates.gate_set import GateSet
from components.gates.superior_ability import SuperiorAbility
from components.gates.trial_record import TrialRecord
from runner.judging.reach import reach

SKILL = SuperiorAbility(
    statistic="auto", baseline="last_value", level=0.05, later_level=0.01, n_draws=500, block_bars=None, required=True
)


def test_only_a_test_of_all_tries_has_a_reach_and_it_shrinks_with_them() -> None:
    assert reach(GateSet(enforce=False, checks={"whole_record": TrialRecord(required=True)})) == ()
    # (1.645 + 1.282) / sqrt(10) = .926; after 10 more tries the (1 - 1 %)^(1 / 11) quantile, 3.117.
    assert reach(GateSet(enforce=False, checks={"skill": SKILL})) == (
        "skill: in 10 years of bars it shows a true net Sharpe ratio of 0.52 (0.93) at the first try on a market, "
        "0.99 (1.39) after 10, 1.18 (1.58) after 100, 1.35 (1.75) after 1,000 more, with even odds (90 %) and tries "
        "that do not correlate; in other lengths times sqrt(10 / years)",
    )
