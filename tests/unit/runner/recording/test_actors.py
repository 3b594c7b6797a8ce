"""Who acts, as the environment tells it; what a role allows."""

from datetime import date

import pytest

from components.errors import ConfigError, RoleForbids
from runner.recording.actors import AGENTS, SERVERS, Actor, acting, forbid, restricted
from runner.recording.ledger import Family, Ledger


def test_a_setting_says_who_acts():
    assert acting({"ASSAY_ACTOR": "agent:coder:4.1"}) == Actor(kind="agent", name="coder", version="4.1")
    assert acting({"ASSAY_ACTOR": "person:ann", "CI": "true"}) == Actor(kind="person", name="ann")
    assert acting({"ASSAY_ACTOR": "build_server:nightly"}).label == "build server:nightly"


@pytest.mark.parametrize(("variable", "name"), AGENTS.items())
def test_agents_are_known_by_what_they_set(variable, name):
    assert (acting({variable: "1", "CI": "1"}).kind, acting({variable: "1"}).name) == ("agent", name)


@pytest.mark.parametrize(("variable", "name"), SERVERS.items())
def test_build_servers_are_known_by_what_they_set(variable, name):
    assert (acting({variable: "true"}).kind, acting({variable: "true"}).name) == ("build server", name)
    assert acting({variable: "false"}).kind == "person"


def test_else_it_is_the_user_of_the_system(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ann")
    assert acting({}) == Actor(kind="person", name="ann")


def test_what_an_agent_knows_until_is_a_day():
    assert acting({"ASSAY_ACTOR": "agent:x", "ASSAY_KNOWLEDGE_UNTIL": "2025-03-01"}).knowledge_until == date(2025, 3, 1)
    with pytest.raises(ConfigError) as raised:
        acting({"ASSAY_KNOWLEDGE_UNTIL": "spring"})
    assert str(raised.value) == "ASSAY_KNOWLEDGE_UNTIL: 'spring' is not a date; write it as YYYY-MM-DD"


@pytest.mark.parametrize("text", ["ann", "robot:x", "person:", "person: "])
def test_who_cannot_be_told_is_refused(text):
    with pytest.raises(ConfigError) as raised:
        acting({"ASSAY_ACTOR": text})
    assert str(raised.value) == (
        f"ASSAY_ACTOR: '{text}' names nobody; write KIND:NAME or KIND:NAME:VERSION, KIND one of person, build_server, "
        "agent"
    )


def test_every_event_names_its_actor(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_ACTOR", "agent:coder:4.1")
    monkeypatch.setenv("ASSAY_KNOWLEDGE_UNTIL", "2025-03-01")
    ledger = Ledger.open(tmp_path / "l.sqlite")
    family = Family(source="bars", symbols=("A",), first=date(2000, 1, 1), last=date(2010, 1, 1))
    ledger.start_trial(family, "k", {})
    ledger.finish_trial("k", "finished", {}, processor_seconds=1.5)
    ledger.open_vault(family, "r", {})
    events = ledger.chain.read(lambda transaction: list(transaction.events()))
    told = {"kind": "agent", "name": "coder", "version": "4.1", "knowledge_until": "2025-03-01"}
    assert {event.kind for event in events} == {"family", "trial_started", "trial_finished", "vault_opened"}
    assert [event.content["actor"] for event in events] == [told] * len(events)
    (trial,) = ledger.trials(family)
    assert (dict(trial.actor), trial.outcome) == (told, {})
    assert ledger.finish_trial("k", "finished", {}, processor_seconds=9.0) == ledger.head(), (
        "the same end is written once"
    )


def test_the_research_role_is_refused_in_one_line(monkeypatch):
    assert not restricted({})
    assert restricted({"ASSAY_ROLE": "research"})
    with pytest.raises(ConfigError) as raised:
        restricted({"ASSAY_ROLE": "boss"})
    assert str(raised.value) == "ASSAY_ROLE: 'boss' is no role; allowed are research, or nothing at all"
    monkeypatch.setenv("ASSAY_ROLE", "research")
    with pytest.raises(RoleForbids) as refused:
        forbid("may not move an alias")
    assert str(refused.value) == (
        "ASSAY_ROLE=research: may not move an alias; it may run and sweep; ask whoever promotes here"
    )
