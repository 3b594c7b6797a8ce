"""Unlucky histories of a portfolio."""

import re
from dataclasses import replace

import numpy as np
import pytest

from components.gates.monte_carlo import MonteCarlo
from components.seeds import derive
from components.statistics.performance import annual_return, max_drawdown
from components.statistics.snooping import stationary_counts, stationary_index

RETURNS = np.random.default_rng(2).normal(0.0004, 0.01, 1500)


def gate(measure="annual_return", minimum=0.0, **changes) -> MonteCarlo:
    settings = {"quantile": 0.05, "n_draws": 300, "block_bars": 10.0, "required": True, **changes}
    return MonteCarlo(measure=measure, minimum=minimum, **settings)


@pytest.mark.parametrize(("measure", "of"), [("annual_return", annual_return), ("max_drawdown", max_drawdown)])
def test_agrees_with_a_plain_loop_over_histories(make_evidence, measure, of) -> None:
    rng = np.random.default_rng(derive(7, "gates", "monte_carlo"))
    histories = [RETURNS[stationary_index(1500, 10.0, rng)] for _ in range(300)]
    found = [of(path, 252.0) if of is annual_return else of(path) for path in histories]
    judgement = gate(measure, -0.2).judge(make_evidence(returns_T=RETURNS, seed=7))
    assert judgement.value == pytest.approx(np.quantile(found, 0.05))


def test_the_index_of_a_history_has_the_counts_that_other_tests_use() -> None:
    index, counts = (draw(50, 4.0, np.random.default_rng(1)) for draw in (stationary_index, stationary_counts))
    np.testing.assert_array_equal(np.bincount(index, minlength=50), counts)
    assert index.min() >= 0
    assert index.max() < 50


def test_the_same_seed_gives_the_same_judgement(make_evidence) -> None:
    evidence = make_evidence(returns_T=RETURNS, seed=1)
    assert gate().judge(evidence) == gate().judge(evidence)
    assert gate().judge(evidence).value != gate().judge(replace(evidence, seed=2)).value


def test_the_record_that_is_said_to_suffice_does_suffice(make_evidence) -> None:
    steady = RETURNS - RETURNS.mean() + 0.0003
    judgement = gate(minimum=0.02).judge(make_evidence(returns_T=steady))
    assert judgement.status == "failed"
    years = float(re.search(r"A record of about ([\d.]+) years with the same returns would suffice", judgement.says)[1])
    longer = np.tile(steady, int(np.ceil(1.1 * years / (1500 / 252))))
    assert gate(minimum=0.02).judge(make_evidence(returns_T=longer)).status == "passed"
    assert gate(minimum=0.5).judge(make_evidence(returns_T=RETURNS)).suffices == (
        "No longer record would suffice: the return itself must rise."
    )


def test_the_size_of_positions_that_is_said_to_suffice_does_suffice(make_evidence) -> None:
    judgement = gate("max_drawdown", -0.2).judge(make_evidence(returns_T=RETURNS))
    assert judgement.status == "failed"
    assert judgement.says.startswith(
        "In the unlucky 5 % of 300 resampled histories the portfolio falls from a peak by "
    )
    share = float(re.search(r"Positions scaled to about ([\d.]+) % would suffice", judgement.says)[1]) / 100
    smaller = gate("max_drawdown", -0.2).judge(make_evidence(returns_T=share * RETURNS))
    assert smaller.value == pytest.approx(-0.2, abs=0.01)


def test_too_little_to_draw_from(make_evidence) -> None:
    few = gate().judge(make_evidence(returns_T=np.array([0.1, -0.1, np.nan])))
    assert (few.status, few.says) == ("failed", "2 returns are too few to draw histories from.")
    idle = gate().judge(make_evidence(returns_T=np.zeros(100)))
    assert (idle.status, idle.says) == (
        "failed",
        "The portfolio never traded: there are no returns to draw from.",
    )


def test_a_ruined_account_stays_ruined(make_evidence) -> None:
    ruined = np.concatenate([RETURNS, [-1.0]])
    assert gate("max_drawdown", -0.5).judge(make_evidence(returns_T=ruined)).value == pytest.approx(-1.0)


def test_a_drawdown_above_zero_is_told_before_a_run() -> None:
    assert gate("max_drawdown", 0.1).flaws() == (
        "a drawdown is never above 0, so its minimum of 10 % cannot be reached",
    )
    assert gate("max_drawdown", -0.1).flaws() == gate(minimum=0.1).flaws() == ()
