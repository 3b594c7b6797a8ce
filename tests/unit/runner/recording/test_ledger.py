"""The ledger: what counts as one family, one trial, one opening of the vault."""

import itertools
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ContractError, OutputError
from runner.recording.chain import EMPTY
from runner.recording.ledger import Family, Ledger


def family(symbols: str = "AB", first: int = 2000, last: int = 2010, source: str = "bars") -> Family:
    return Family(source=source, symbols=tuple(symbols), first=date(first, 1, 1), last=date(last, 12, 31))


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def test_trials_are_numbered_within_their_family(ledger):
    assert ledger.count(family()) == 0
    assert ledger.head() == EMPTY
    first = ledger.start_trial(family(), "k1", {"model": "ridge"})
    second = ledger.start_trial(family(), "k2", {})
    elsewhere = ledger.start_trial(family("C"), "k3", {})
    assert [(t.number, t.family_trials) for t in (first, second, elsewhere)] == [(1, 1), (2, 2), (1, 1)]
    assert elsewhere.head == ledger.head()
    assert len({first.head, second.head, elsewhere.head}) == 3
    assert (ledger.count(family()), ledger.count(family("C"))) == (2, 1)
    assert ledger.verify() == []


def test_the_same_key_is_the_same_trial(ledger):
    ledger.start_trial(family(), "k1", {})
    ledger.finish_trial("k1", "failed", {"error": "boom"})
    ledger.start_trial(family(), "k2", {})
    again = ledger.start_trial(family(), "k1", {})
    assert (again.number, again.family_trials) == (1, 2)
    assert [trial.state for trial in ledger.trials(family())] == ["running", "running"]
    head = ledger.finish_trial("k1", "finished", {"metrics": {"valid/ic": 0.1}})
    once_more = ledger.start_trial(family(), "k1", {})
    assert (once_more.number, once_more.family_trials, once_more.head) == (1, 2, head)
    assert ledger.finish_trial("k1", "finished", {"metrics": {"valid/ic": 0.1}}) == head
    assert ledger.finish_trial("k1", "failed", {}) == head
    assert ledger.finish_trial("k1", "finished", {"metrics": {"valid/ic": 0.2}}) != head


@pytest.mark.parametrize("state", ["finished", "failed", "interrupted", "pruned"])
def test_every_started_trial_counts_however_it_ended(ledger, state):
    ledger.start_trial(family(), "k", {"seed": 3})
    ledger.finish_trial("k", state, {"metrics": {"test/r2": float("nan"), "valid/r2": 0.5}})
    assert ledger.count(family()) == 1
    (trial,) = ledger.trials(family())
    assert (trial.key, trial.number, trial.state) == ("k", 1, state)
    assert trial.started == {"seed": 3}
    assert trial.outcome == {"metrics": {"test/r2": None, "valid/r2": 0.5}}


def test_a_trial_that_was_never_started_cannot_end(ledger):
    with pytest.raises(ContractError) as raised:
        ledger.finish_trial("0123456789abcdef", "finished", {})
    assert str(raised.value) == "trial 0123456789ab: ended without having been started"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (family("BC"), True),
        (family("C"), False),
        (family(first=2011, last=2012), False),
        (family(first=2010, last=2012), True),
        (family(first=1990, last=2020), True),
        (family(source="other"), True),
        (family("BA"), True),
    ],
)
def test_families_are_the_same_if_symbols_and_days_overlap_whatever_the_source_is_called(ledger, other, same):
    ledger.start_trial(family(), "k", {})
    assert ledger.count(other) == int(same)
    assert ledger.start_trial(other, "l", {}).number == 1 + int(same)


def test_families_merge_through_what_was_tried_between_them(ledger):
    left, right, bridge = family("A"), family("B"), family("AB")
    ledger.start_trial(left, "k1", {})
    ledger.start_trial(right, "k2", {})
    assert ledger.count(left) == ledger.count(right) == 1
    assert ledger.count(bridge) == 2
    assert ledger.count(left) == 1, "asking about a bridge is no trial and merges nothing"
    assert ledger.start_trial(bridge, "k3", {}).number == 3
    assert ledger.count(left) == ledger.count(right) == 3
    assert ledger.start_trial(right, "k2", {}).number == 1, "a trial keeps its number"
    (summary,) = ledger.families()
    assert (summary.family, summary.trials) == (family("AB"), 3)


def test_families_are_listed_apart(ledger):
    ledger.start_trial(family("A"), "k1", {})
    ledger.start_trial(family("C"), "k2", {})
    ledger.start_trial(family("A", source="other"), "k3", {})
    ledger.start_trial(family("A", first=2005, last=2015), "k4", {})
    found = {(s.family.symbols, s.family.last.year): s.trials for s in ledger.families()}
    assert found == {(("A",), 2015): 3, (("C",), 2010): 1}


spans = st.tuples(st.integers(0, 30), st.integers(0, 8)).map(
    lambda pair: (date(2000, 1, 1) + timedelta(pair[0]), date(2000, 1, 1) + timedelta(sum(pair)))
)
families = st.builds(
    lambda symbols, span: Family(source="s", symbols=tuple(symbols), first=span[0], last=span[1]),
    st.sets(st.sampled_from("ABCDE"), min_size=1, max_size=2),
    spans,
)


def components_of(tried: list[Family]) -> list[set[int]]:
    """Naive transitive closure over shared (symbol, day) pairs."""
    bars = [{(s, f.first + timedelta(d)) for s in f.symbols for d in range((f.last - f.first).days + 1)} for f in tried]
    groups = [{i} for i in range(len(tried))]
    for i, j in itertools.combinations(range(len(tried)), 2):
        if bars[i] & bars[j]:
            one, two = (next(g for g in groups if n in g) for n in (i, j))
            if one is not two:
                groups = [g for g in groups if g is not one and g is not two] + [one | two]
    return groups


@settings(max_examples=15, deadline=None)
@given(st.lists(families, min_size=1, max_size=6))
def test_counts_agree_with_a_naive_closure(tmp_path_factory, tried):
    ledger = Ledger.open(tmp_path_factory.mktemp("ledger") / "l.sqlite")
    for i, one in enumerate(tried):
        ledger.start_trial(one, f"k{i}", {})
    groups = components_of(tried)
    for i, one in enumerate(tried):
        assert ledger.count(one) == len(next(group for group in groups if i in group))
    assert sorted(s.trials for s in ledger.families()) == sorted(len(group) for group in groups)


def test_the_same_key_on_other_data_is_another_trial(ledger):
    ledger.start_trial(family("A"), "k", {})
    ledger.finish_trial("k", "finished", {})
    assert ledger.start_trial(family("B"), "k", {}).number == 1
    assert [trial.state for trial in ledger.trials(family("B"))] == ["running"]
    assert ledger.count(family("B")) == 1


def test_any_later_opening_of_overlapping_vault_bars_is_reused(ledger):
    first = ledger.open_vault(family("A", 2018, 2018), "k1", {"bundle": "x"})
    apart = ledger.open_vault(family("B", 2018, 2018), "k2", {})
    other_source = ledger.open_vault(family("AC", 2017, 2018, source="other"), "k3", {})
    last = ledger.open_vault(family("A", 2018, 2018), "k4", {})
    assert [opening.reused for opening in (first, apart, other_source, last)] == [False, False, True, True]
    assert last.earlier == ("k1", "k3")
    events = ledger.chain.read(lambda transaction: list(transaction.events(kind="vault_opened")))
    assert [event.content["reused"] for event in events] == [False, False, True, True]
    assert last.head == ledger.head()
    assert ledger.families() == [], "an opening is no trial"
    assert ledger.count(family("A", 2018, 2018)) == 0


def test_one_key_opens_its_vault_once_whatever_came_in_between(ledger):
    first = ledger.open_vault(family("A", 2018, 2018), "k1", {"bundle": "x"})
    other = ledger.open_vault(family("A", 2018, 2018), "k2", {})
    head = ledger.head()
    assert ledger.open_vault(family("A", 2018, 2018), "k1", {"bundle": "y"}) == first
    assert ledger.open_vault(family("A", 2018, 2018), "k2", {}) == other
    assert (first.reused, other.earlier, ledger.head()) == (False, ("k1",), head)
    apart = ledger.open_vault(family("A", 2019, 2019), "k1", {})
    assert not apart.reused, "other bars are another vault"


def test_it_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "deep" / "my ledger?.sqlite"))
    Ledger.open().start_trial(family(), "k", {})
    assert (tmp_path / "deep" / "my ledger?.sqlite").is_file()
    monkeypatch.setenv("ASSAY_LEDGER", f"sqlite:///{tmp_path}/by_url.sqlite")
    assert Ledger.open().count(family()) == 0
    assert (tmp_path / "by_url.sqlite").is_file()


def test_by_default_it_lies_in_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_LEDGER", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    Ledger.open()
    assert [path.name for path in tmp_path.rglob("ledger.sqlite")] == ["ledger.sqlite"]


def test_a_ledger_that_cannot_be_used_is_told_in_one_line(tmp_path):
    remedy = "make it reachable and writable or set ASSAY_LEDGER to another place"
    broken = tmp_path / "broken.sqlite"
    broken.write_text("this is not a database, not even nearly one\n" * 50)
    folder = tmp_path / "folder"
    folder.mkdir()
    cases = {
        broken: f"ledger {broken}: cannot be used: file is not a database; {remedy}",
        folder: f"ledger {folder}: cannot be used: unable to open database file; {remedy}",
        Path("/proc/x/l.sqlite"): f"ledger /proc/x/l.sqlite: cannot be used: No such file or directory; {remedy}",
        broken / "l.sqlite": f"ledger {broken}/l.sqlite: cannot be used: File exists; {remedy}",
    }
    for place, message in cases.items():
        with pytest.raises(OutputError) as raised:
            Ledger.open(place)
        assert str(raised.value) == message


def test_a_bad_url_is_told_without_repeating_it():
    with pytest.raises(OutputError) as raised:
        Ledger.open("not a url://user:secret@host")
    assert "secret" not in str(raised.value)
    with pytest.raises(OutputError, match="cannot be used") as raised:
        Ledger.open("nosuchdialect://user:secret@host/db")
    assert "secret" not in str(raised.value)


def test_a_ledger_that_is_kept_open_is_the_same_ledger(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.kept_open(path) as kept:
        first = kept.start_trial(family(), "k1", {"model": "ridge"})
        other = Ledger.open(path)
        assert other.start_trial(family(), "k2", {}).number == 2
        assert kept.start_trial(family(), "k3", {}).number == 3
        head = kept.finish_trial("k1", "finished", {}, also=lambda at: {"kind": "look", "key": at, "content": {}})
        (noted,) = other.chain.read(lambda transaction: list(transaction.events(kind="look", key=head)))
        assert noted.sequence == int(head.split(":")[0]) + 1
        assert [trial.state for trial in kept.trials(family())] == ["finished", "running", "running"]
        assert kept.trials(family()) == other.trials(family())
        assert (kept.count(family()), kept.head()) == (3, other.head())
        assert kept.verify([first.head]) == []
        with pytest.raises(ContractError):
            kept.finish_trial("unknown", "finished", {})
        assert kept.start_trial(family(), "k4", {}).number == 4
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite"]
    assert Ledger.open(path).verify([head]) == []
