"""Families by market, one try for one choice, and who saw what: in a real ledger."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from runner.recording.family import Family
from runner.recording.ledger import Ledger
from runner.recording.markets.sketch import sketch_of
from runner.recording.trials import Recipe
from sketched import market, panel

MARKET = market(4, 700)
OTHER = market(4, 700, seed=5)
LONG_AGO = ("2000-01-01", "2000-12-31")


def family(prices: dict[str, pd.Series], source: str = "files:bars.csv", until: str | None = None) -> Family:
    bars = panel({name: each[:until] for name, each in prices.items()})
    first, last = bars.dates_T[[0, -1]].astype("datetime64[D]").tolist()
    return Family(source=source, symbols=bars.symbols, first=first, last=last, sketch=sketch_of(bars).to_bytes())


def renamed(prices: dict[str, pd.Series]) -> dict[str, pd.Series]:
    return {f"{name}.US": each for name, each in prices.items()}


def plain(made: Family) -> Family:
    """As 0.1.0 wrote families."""
    return replace(made, sketch=None)


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def test_a_copy_under_other_names_is_trial_2_and_says_so(ledger):
    ledger.start_trial(family(MARKET), "k1", {})
    second = ledger.start_trial(family(renamed(MARKET), "files:copy.parquet"), "k2", {})
    assert (second.number, second.family_trials) == (2, 2)
    assert (second.recognised.symbols, second.recognised.known, second.recognised.renamed) == (4, 4, 4)
    first = ledger.start_trial(family(OTHER), "k3", {})
    assert (first.number, first.family_trials, first.recognised.known) == (1, 1, 0), "the same names, other bars"
    assert ledger.verify() == []
    assert sorted(each.trials for each in ledger.families()) == [1, 2]


def test_asking_about_a_market_declares_nothing(ledger):
    ledger.start_trial(family(MARKET), "k1", {})
    head = ledger.head()
    assert ledger.count(family(renamed(MARKET))) == 1
    assert ledger.seen(family(renamed(MARKET)), ("2014-01-02", "2014-02-01"))[0].by == "trial"
    assert ledger.head() == head


def test_tries_are_found_by_the_name_of_a_source_with_those_on_its_market_by_other_names(ledger):
    assert ledger.tried_on("files:bars.csv") == 0
    ledger.start_trial(family(MARKET), "k1", {})
    ledger.start_trial(family(renamed(MARKET), "files:copy.csv"), "k2", {})
    ledger.start_trial(family(OTHER, "files:other.csv"), "k3", {})
    names = ("files:bars.csv", "files:copy.csv", "files:other.csv", "files:none.csv")
    assert [ledger.tried_on(name) for name in names] == [2, 2, 1, 0]


def test_asking_whether_there_is_a_ledger_makes_none(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "folder" / "ledger.sqlite"))
    assert Ledger.existing() is None
    assert list(tmp_path.rglob("*.sqlite")) == []
    Ledger.open()
    assert Ledger.existing() is not None


def test_trials_of_0_1_0_count_until_their_market_has_a_sketch(ledger):
    """By names and days, for the first market that has both; another one of the same names is another."""
    ledger.start_trial(plain(family(MARKET)), "k1", {})
    ledger.start_trial(plain(family(MARKET, source="elsewhere")), "k2", {})
    assert ledger.start_trial(family(MARKET, "new name"), "k3", {}).number == 3
    assert ledger.start_trial(family(renamed(MARKET)), "k4", {}).number == 4
    assert ledger.start_trial(family(OTHER), "k5", {}).number == 1


def recipe(key: str, first: str = "2014-01-02", last: str = "2016-01-01", other_fields: str = "same") -> Recipe:
    return Recipe(key=key, first=first, last=last, digest=lambda until: other_fields if until <= last else None)


def test_one_choice_on_more_bars_or_under_newer_code_is_one_try(ledger):
    short, long = family(MARKET, until="2015-12-31"), family(MARKET)
    ledger.start_trial(short, "k1", {}, recipe=recipe("r", last="2015-12-31"))
    ledger.finish_trial("k1", "finished", {"metrics": {"valid/r2": 0.1}})
    other = ledger.start_trial(short, "k2", {}, recipe=recipe("s", last="2015-12-31"))
    again = ledger.start_trial(long, "k3", {}, recipe=recipe("r"))
    assert (other.number, again.number, again.family_trials, again.repeats) == (2, 1, 2, "k1")
    ledger.finish_trial("k3", "finished", {"metrics": {"valid/r2": 0.2}})
    first, second = ledger.trials(long)
    assert (first.key, first.keys, first.outcome["metrics"]) == ("k1", ("k1", "k3"), {"valid/r2": 0.2})
    assert (second.key, second.state, ledger.count(long)) == ("k2", "running", 2)
    assert ledger.families()[0].trials == 2
    code = ledger.start_trial(long, "k4", {}, recipe=recipe("r"))
    assert (code.number, code.family_trials, code.repeats) == (1, 2, "k1")


@pytest.mark.parametrize(
    "change",
    [
        {"key": "another parameter, window, vault, seed or code of one's own"},
        {"first": "2014-06-02"},
        {"other_fields": "a column was replaced"},
    ],
)
def test_every_other_choice_is_a_try_of_its_own(ledger, change):
    ledger.start_trial(family(MARKET), "k1", {}, recipe=recipe("r"))
    assert ledger.start_trial(family(MARKET), "k2", {}, recipe=recipe(**{"key": "r", **change})).number == 2


def test_fewer_symbols_or_other_names_are_another_choice(ledger):
    ledger.start_trial(family(MARKET), "k1", {}, recipe=recipe("r"))
    few = dict(list(MARKET.items())[:3])
    assert ledger.start_trial(family(few), "k2", {}, recipe=recipe("r")).number == 2
    assert ledger.start_trial(family(renamed(MARKET)), "k3", {}, recipe=recipe("r")).number == 3


VAULT = ("2016-01-04", "2016-09-06T23:59:59.999999")


def vault(prices: dict[str, pd.Series]) -> Family:
    """Its days, with the sketch of what came before."""
    first, last = (np.datetime64(moment, "D").item() for moment in VAULT)
    return replace(family(prices, until="2015-12-31"), first=first, last=last)


def test_a_vault_that_a_trial_scored_is_seen_whatever_it_was_called(ledger):
    everything = family(renamed(MARKET), "files:copy.csv")
    ledger.start_trial(everything, "k1", {}, seen=("2014-01-02", "2016-09-06"))
    opened = ledger.open_vault(vault(MARKET), "run", {}, VAULT)
    assert [(each.by, each.key) for each in opened.seen] == [("trial", "k1")]
    assert opened.reused
    assert ledger.open_vault(vault(MARKET), "run", {}, VAULT) == opened, "one key opens once"


def test_what_ends_before_the_vault_or_is_another_market_saw_nothing(ledger):
    ledger.start_trial(family(MARKET, until="2015-12-31"), "k1", {}, seen=("2014-01-02", "2015-12-31T22:00:00"))
    ledger.start_trial(family(OTHER), "k2", {}, seen=("2014-01-02", "2016-09-06"))
    assert not ledger.open_vault(vault(MARKET), "run", {}, VAULT).reused


def test_on_one_day_the_hour_decides(ledger):
    made = family(MARKET, until="2015-12-31")
    ledger.start_trial(made, "k1", {}, seen=("2014-01-02", "2016-01-04T11:00:00"))
    assert not ledger.seen(made, ("2016-01-04T12:00:00", "2016-09-06"))
    assert ledger.seen(made, ("2016-01-04T11:00:00", "2016-09-06"))


def test_days_that_are_stamped_otherwise_are_the_same_days(ledger):
    """Stamps two days later: its last bar of Friday, stamped Sunday, does not reach into the vault of Monday."""
    later = {name: each.shift(2, freq="D") for name, each in MARKET.items()}
    before = {name: each[:"2016-01-03"] for name, each in later.items()}
    ledger.start_trial(family(before), "k1", {}, seen=("2014-01-04", "2016-01-05"))
    assert not ledger.seen(family(MARKET, until="2015-12-31"), VAULT)
    assert ledger.seen(family(MARKET, until="2015-12-31"), ("2016-01-01", "2016-09-06"))


def test_looks_and_openings_of_some_of_the_symbols_are_seen(ledger):
    one = {"S000": MARKET["S000"]}
    ledger.look(family(one), "debug-key", "debug", ("2014-01-02", "2016-09-06"))
    head = ledger.look(family(one), "debug-key", "debug", ("2014-01-02", "2016-09-06"))
    assert head == ledger.head(), "the same look is written once"
    ledger.open_vault(vault(one), "other run", {}, VAULT)
    opened = ledger.open_vault(vault(MARKET), "run", {}, VAULT)
    assert [each.by for each in opened.seen] == ["look", "opening"]
    assert opened.earlier == ("other run",)
    assert ledger.families() == []


def test_an_agent_has_seen_what_it_knows(ledger, monkeypatch):
    made = family(MARKET, until="2015-12-31")
    monkeypatch.setenv("ASSAY_ACTOR", "agent:coder:4.1")
    monkeypatch.setenv("ASSAY_KNOWLEDGE_UNTIL", "2016-01-04")
    ledger.start_trial(made, "k1", {}, seen=LONG_AGO)
    assert not ledger.seen(made, VAULT)
    monkeypatch.setenv("ASSAY_KNOWLEDGE_UNTIL", "2016-02-01")
    ledger.start_trial(made, "k2", {}, seen=LONG_AGO)
    (sighting,) = ledger.seen(made, VAULT)
    assert (sighting.by, sighting.actor, sighting.last) == ("knowledge", "agent:coder", "2016-02-01")


def test_openings_are_counted_for_the_family_whose_vault_they_opened(ledger):
    made = family(MARKET, until="2015-12-31")
    ledger.start_trial(made, "k1", {"run_id": "r1"})
    ledger.start_trial(family(OTHER), "k2", {"run_id": "r2"})
    ledger.open_vault(vault(MARKET), "run 1", {"run_id": "r1"}, VAULT)
    ledger.start_trial(family(renamed(MARKET)), "k3", {"run_id": "r3"})
    ledger.open_vault(vault(renamed(MARKET)), "run 3", {"run_id": "r3"}, VAULT)
    assert [each.vault_openings for each in ledger.families()] == [2, 0]


def test_a_seal_tells_what_came_before_it(ledger):
    made = family(MARKET, until="2015-12-31")
    ledger.seal(made, "d1", "2016-01-04")
    ledger.start_trial(made, "k1", {})
    ledger.seal(made, "d2", "2016-01-04")
    assert [ledger.sealed_before(family(renamed(MARKET)), digest) for digest in ("d1", "d2", "d3")] == [0, 1, None]


def test_what_is_kept_beside_the_chain_is_vouched_for(ledger, tmp_path):
    """Without what was kept of them, families stay together by what their events say."""
    import sqlite3

    ledger.start_trial(family(MARKET), "k1", {})
    ledger.start_trial(family(renamed(MARKET)), "k2", {})
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DELETE FROM series")
    connection.close()
    assert ledger.count(family(MARKET)) == 2
