"""Budgets: by actor and market, refused before the fact."""

from datetime import date

import pytest

from components.errors import BudgetSpent
from runner.recording.budgets import Budget
from runner.recording.ledger import Family, Ledger

REMEDY = "a larger one is set with python -m runner ledger --budget, by whoever sets budgets here"


def family(symbol: str = "A") -> Family:
    return Family(source="bars", symbols=(symbol,), first=date(2000, 1, 1), last=date(2010, 1, 1))


@pytest.fixture
def ledger(tmp_path, monkeypatch) -> Ledger:
    monkeypatch.setenv("ASSAY_ACTOR", "agent:coder")
    return Ledger.open(tmp_path / "l.sqlite")


def try_(ledger: Ledger, key: str, symbol: str = "A", seconds: float = 0.0) -> None:
    ledger.start_trial(family(symbol), key, {})
    ledger.finish_trial(key, "finished", {}, processor_seconds=seconds)


def test_so_many_trials_of_that_actor_on_one_market_and_no_more(ledger, monkeypatch):
    monkeypatch.setenv("ASSAY_ACTOR", "person:ann")
    try_(ledger, "k0")
    monkeypatch.setenv("ASSAY_ACTOR", "agent:coder")
    ledger.set_budget(Budget(actor="agent:*", market="*", trials=2))
    try_(ledger, "k1")
    try_(ledger, "k2")
    head = ledger.head()
    with pytest.raises(BudgetSpent) as refused:
        try_(ledger, "k3")
    assert str(refused.value) == f"budget of agent:* on *: all 2 trials were made; {REMEDY}"
    assert ledger.head() == head, "what was refused leaves no trace"
    try_(ledger, "k2")
    try_(ledger, "k3", symbol="B")
    monkeypatch.setenv("ASSAY_ACTOR", "person:ann")
    try_(ledger, "k4")


def test_a_later_budget_replaces_the_earlier_one(ledger):
    ledger.set_budget(Budget(actor="agent:coder", market="A", trials=0))
    with pytest.raises(BudgetSpent):
        try_(ledger, "k1")
    try_(ledger, "k1", symbol="B")
    ledger.set_budget(Budget(actor="agent:coder", market="A", trials=1))
    try_(ledger, "k1")


def test_processor_seconds_are_a_limit(ledger):
    ledger.set_budget(Budget(actor="*", market="*", processor_seconds=10.0))
    try_(ledger, "k1", seconds=6.0)
    try_(ledger, "k2", seconds=6.0)
    with pytest.raises(BudgetSpent) as refused:
        try_(ledger, "k3")
    assert str(refused.value) == f"budget of * on *: 12 of 10 processor seconds were used; {REMEDY}"


def test_a_record_is_not_worn_out_beyond_what_must_remain_provable(ledger):
    """Ten years: the best of one try needs a Sharpe ratio of 0.52, the best of 50 one of 0.97."""
    ledger.set_budget(Budget(actor="*", market="*", smallest_effect=0.6))
    try_(ledger, "k1")
    with pytest.raises(BudgetSpent) as refused:
        try_(ledger, "k2")
    assert str(refused.value) == (
        "budget of * on *: after one more than 1 tries these 10.0 years could show no Sharpe ratio below 0.62; 0.6 "
        f"must remain provable; {REMEDY}"
    )
