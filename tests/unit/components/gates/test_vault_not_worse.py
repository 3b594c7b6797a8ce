"""The gate on the vault refutes what is clearly bad and lets everything else pass."""

from dataclasses import replace

import numpy as np
import pytest

from components.gates.beats_baseline import BeatsBaseline
from components.gates.gate_set import GateSet
from components.gates.metric import MetricGate
from components.gates.vault_not_worse import VaultNotWorse
from components.statistics.newey_west import mean_test
from components.values import Vault
from runner.judging.verdict import judge, judge_vault

RNG = np.random.default_rng(5)
NOISE = RNG.normal(0, 0.01, 500)


def gate(baseline: str | None = None, required: bool = True) -> VaultNotWorse:
    return VaultNotWorse(baseline=baseline, level=0.05, required=required)


def opened(make_scored, returns_T, *, reused=False, target=(), forecast=(), **baselines) -> Vault:
    scored = replace(make_scored(target, forecast, folds=1, **baselines), span="vault")
    return Vault(scored=scored, returns_T=np.asarray(returns_T), benchmark_T=np.asarray(returns_T), reused=reused)


@pytest.mark.parametrize(
    ("shift", "status"), [(0.002, "passed"), (0.0, "passed"), (-0.0003, "passed"), (-0.004, "failed")]
)
def test_only_a_clear_loss_fails(make_evidence, make_scored, shift, status) -> None:
    returns_T = NOISE - NOISE.mean() + shift
    judgement = gate().judge(make_evidence(kind="return", vault=opened(make_scored, returns_T)))
    assert judgement.status == status
    assert judgement.value == pytest.approx(1 - mean_test(returns_T).p_greater)
    assert judgement.threshold == 0.05


def test_a_worthless_portfolio_fails_at_about_the_level(make_evidence, make_scored) -> None:
    draws = np.random.default_rng(1).normal(0, 0.01, (400, 250))
    evidences = [make_evidence(kind="return", vault=opened(make_scored, returns_T)) for returns_T in draws]
    share = np.mean([gate().judge(evidence).status == "failed" for evidence in evidences])
    assert 0.02 <= share <= 0.09


def test_a_level_is_compared_with_its_baseline(make_evidence, make_scored) -> None:
    target = RNG.normal(size=300)
    good, bad = target + RNG.normal(0, 0.5, 300), target + RNG.normal(0, 2, 300)
    ahead = opened(make_scored, NOISE, target=target, forecast=good, last_value=bad)
    behind = opened(make_scored, NOISE, target=target, forecast=bad, last_value=good)
    assert gate("last_value").judge(make_evidence(vault=ahead)).status == "passed"
    judgement = gate("last_value").judge(make_evidence(vault=behind))
    assert judgement.status == "failed"
    assert "larger than those of last_value" in judgement.says
    assert judgement.says.endswith("against zero): worse than bad luck explains.")
    absent = gate("har").judge(make_evidence(vault=behind))
    assert (absent.status, absent.says) == ("failed", "The baseline har is not part of this experiment.")


def test_too_short_a_vault_fails_and_so_does_an_idle_portfolio(make_evidence, make_scored) -> None:
    short = gate().judge(make_evidence(kind="return", vault=opened(make_scored, NOISE[:5])))
    assert (short.status, short.value) == ("failed", None)
    assert "5 dates cannot be tested: it takes 8 or more" in short.says
    idle = gate().judge(make_evidence(kind="return", vault=opened(make_scored, np.zeros(50))))
    assert idle.status == "failed"


def test_gates_on_the_vault_wait_for_it_and_are_only_advice_once_it_was_seen(make_evidence, make_scored) -> None:
    figure = MetricGate(metric="vault_backtest/sharpe", minimum=0.5, maximum=None, required=True)
    rival = BeatsBaseline(baseline="last_value", loss="squared", level=0.05, span="vault", required=True)
    plain = BeatsBaseline(baseline="train_mean", loss="squared", level=0.05, span="test", required=True)
    gates = GateSet(enforce=False, checks={"plain": plain, "figure": figure, "rival": rival, "loss": gate()})
    test = make_scored(NOISE, 0.5 * NOISE, train_mean=np.zeros(len(NOISE)))
    before = judge(make_evidence(kind="return", test=test), gates=gates)
    assert [outcome.status for outcome in before.gates] == ["passed", "deferred", "deferred", "deferred"]
    assert before.passed

    def after(reused):
        vault = opened(make_scored, NOISE - 0.01, reused=reused, target=NOISE, forecast=NOISE, last_value=-NOISE)
        evidence = make_evidence(kind="return", metrics={"vault_backtest/sharpe": -3.0}, vault=vault)
        return judge_vault(gates, evidence, before)

    fresh, stale = after(False), after(True)
    assert [outcome.status for outcome in fresh.gates] == ["passed", "failed", "passed", "failed"]
    # What failed in the vault is the portfolio; what had been seen before only advises.
    assert (fresh.forecast, fresh.portfolio, fresh.hands_out_weights) == ("passed", "failed", False)
    assert (stale.passed, stale.portfolio) == (True, "failed" if stale.standing.behind else "not judged")
    assert [outcome.required for outcome in stale.gates] == [True, False, False, False]
    assert stale.gates[1].says == (
        f"{fresh.gates[1].finding} The vault's bars had been seen before, so this is only advice. "
        "At least 0.5 would suffice."
    )
    assert stale.gates[0] == before.gates[0]


def test_without_a_vault_its_gates_fail(make_evidence) -> None:
    gates = GateSet(enforce=False, checks={"loss": gate()})
    verdict = judge_vault(gates, make_evidence(), judge(make_evidence(), gates=gates))
    assert (verdict.passed, verdict.gates[0].status) == (False, "failed")
    assert verdict.gates[0].says.startswith("No vault was held back")
