"""What a set of gates could show at all."""

from components.gates.gate_set import GateSet
from components.gates.superior_ability import SuperiorAbility
from components.gates.trial_record import TrialRecord
from runner.judging.reach import reach

SKILL = SuperiorAbility(
    statistic="auto", baseline="last_value", level=0.05, later_level=0.01, n_draws=500, block_bars=None, required=True
)


NONE = GateSet(enforce=False, checks={"whole_record": TrialRecord(required=True)})
ONE = GateSet(enforce=False, checks={"skill": SKILL})
TAIL = "with even odds (90 %) and tries that do not correlate; in other lengths times sqrt(10 / years)"


def test_what_a_test_of_all_tries_shows_shrinks_with_them() -> None:
    # (1.645 + 1.282) / sqrt(10) = .926; after 10 more tries the (1 - 1 %)^(1 / 11) quantile, 3.117.
    assert reach(ONE, "return") == (
        "skill: in 10 years of bars it shows a true net Sharpe ratio of 0.52 (0.93) at the first try on a market, "
        f"0.99 (1.39) after 10, 1.18 (1.58) after 100, 1.35 (1.75) after 1,000 more, {TAIL}",
    )


def test_where_no_gate_tests_all_tries_a_test_at_5_percent_is_told() -> None:
    assert reach(NONE, "return") == (
        "no gate tests all tries; one that did at 5 %: in 10 years of bars it shows a true net Sharpe ratio of 0.52 "
        f"(0.93) at the first try on a market, 0.82 (1.23) after 10, 1.04 (1.44) after 100, 1.23 (1.63) after 1,000 "
        f"more, {TAIL}",
    )


def test_now_is_after_what_the_ledger_holds() -> None:
    # As after 10 more of none.
    assert reach(ONE, "return", tried=10)[0].startswith(
        "skill: in 10 years of bars it shows a true net Sharpe ratio of 0.99 (1.39) now, after 10 tries recorded on "
        "these data, 1.0"
    )
    assert "true saving of loss a year, in its standard deviations, of 0.52" in reach(ONE, "level")[0]
