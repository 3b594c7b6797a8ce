"""Journals and leases: nothing that ended runs again, and what a dead worker held is given to another one, once."""

import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from runner.sweeps.journal import FileJournal, Journal, SqlJournal, lines_of
from runner.sweeps.searches import Past, search_of
from runner.sweeps.space import space_of
from runner.sweeps.study import BEAT_SECONDS, Ending, Study, StudyTrial, Wait, this_machine, this_worker
from servers import postgresql

SPACE = space_of(["seed=range(0,6)"], {})
DONE = Ending(state="finished", objectives=(1.0,), code=0, run="r")
MAKERS: dict[str, Callable[[Path], Journal]] = {
    "file": lambda folder: FileJournal(path=folder / "study.jsonl"),
    "sqlite": lambda folder: SqlJournal(url=f"sqlite:///{folder / 'study.db'}", study="s"),
}


@pytest.fixture(params=MAKERS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return MAKERS[request.param](tmp_path)


def study(journal: Journal, *, worker: str | None = None, most: int | None = None) -> Study:
    made = Study(journal=journal, search=search_of("grid", SPACE, 0, [1]), most=most)
    if worker:
        made.worker = worker
    return made


def taken(one: Study) -> StudyTrial:
    trial = one.take()
    assert isinstance(trial, StudyTrial)
    return trial


def test_two_workers_share_the_trials_and_none_runs_twice(journal: Journal) -> None:
    first, second = study(journal), study(journal)
    numbers = []
    for one in (first, second, second, first, second, first):
        trial = taken(one)
        numbers.append(trial.number)
        one.tell(trial.number, DONE)
    assert numbers == [0, 1, 2, 3, 4, 5]
    assert (first.take(), second.take()) == (None, None)
    assert [trial.state for trial in study(journal).refresh()] == ["finished"] * 6


def test_a_worker_waits_for_what_another_one_still_runs(journal: Journal) -> None:
    first, second = study(journal, most=1), study(journal, most=1)
    trial = taken(first)
    assert isinstance(second.take(), Wait)
    first.tell(trial.number, DONE)
    assert second.take() is None


def test_a_dead_workers_trial_is_begun_once_more_with_its_values(journal: Journal) -> None:
    lost = taken(study(journal, worker=f"elsewhere:1:{time.time_ns()}", most=1))
    later = study(journal, most=1)
    assert isinstance(later.take(), Wait)
    later.beats = dict.fromkeys(later.beats, time.monotonic() - 2 * BEAT_SECONDS - 1)
    again = taken(later)
    assert (again.number, again.values, again.leases) == (lost.number, lost.values, 2)


def test_whose_clock_is_wrong_or_whose_container_has_our_name_is_not_taken_for_dead(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = study(journal, worker=f"{socket.gethostname()}.other.0:{2**22 + 1}:1", most=1)
    with monkeypatch.context() as slow:
        now = time.time()
        slow.setattr(time, "time", lambda: now - 3600)
        taken(other)
    assert isinstance(study(journal, most=1).take(), Wait)


def test_the_second_death_gives_a_trial_up_unless_a_command_resumes(tmp_path: Path) -> None:
    journal = FileJournal(path=tmp_path / "study.jsonl")
    dead = f"{this_machine()}:{2**22 + 1}:"
    for leases in (1, 2):
        assert taken(study(journal, worker=f"{dead}{leases}", most=1)).leases == leases
    study(journal).resume()
    assert taken(study(journal, worker=f"{dead}3", most=1)).leases == 1
    assert taken(study(journal, worker=f"{dead}4", most=1)).leases == 2
    assert isinstance(study(journal, most=1).take(), Wait)
    (trial,) = study(journal).refresh()
    assert (trial.state, trial.says) == ("lost", "its worker ended 2 times over it")


def test_who_lost_its_lease_cannot_tell(journal: Journal) -> None:
    slow = study(journal, worker=f"elsewhere:1:{time.time_ns()}", most=1)
    trial, other = taken(slow), study(journal, most=1)
    other.refresh()
    other.beats = {}
    assert taken(other).number == trial.number
    slow.tell(trial.number, DONE)
    assert [each.state for each in other.refresh()] == ["running"]
    other.tell(trial.number, DONE)
    assert [each.state for each in slow.refresh()] == ["finished"]


def test_no_trial_is_begun_after_a_failure_where_that_was_asked_for(journal: Journal) -> None:
    one = study(journal)
    one.fail_fast = True
    one.tell(taken(one).number, Ending(state="nan", code=0, run="r"))
    one.tell(taken(one).number, Ending(state="failed", code=1, says="ValueError: x"))
    assert one.take() is None


def test_a_line_that_a_crash_cut_off_was_never_written(tmp_path: Path) -> None:
    journal = FileJournal(path=tmp_path / "study.jsonl")
    one = study(journal)
    one.tell(taken(one).number, DONE)
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"asked": 1, "work')
    assert [trial.number for trial in study(journal).refresh()] == [0]
    assert taken(study(journal)).number == 1
    assert all(json.loads(line) for line in journal.path.read_bytes().splitlines())


def test_a_full_disk_stops_the_worker_in_one_line_and_loses_nothing(tmp_path: Path) -> None:
    journal = FileJournal(path=tmp_path / "study.jsonl")
    one = study(journal)
    trial = taken(one)
    whole = journal.path.read_bytes()
    heard, said = os.pipe()
    if (child := os.fork()) == 0:
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, len(whole) + 20))
            one.tell(trial.number, DONE)
        except BaseException as error:
            os.write(said, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    remedy = "free some space or choose another output folder"
    assert os.read(heard, 1000).decode() == f"OutputError: {tmp_path}: cannot write: File too large; {remedy}"
    assert [each.state for each in study(journal).refresh()] == ["running"]
    one.tell(trial.number, DONE)
    assert [each.state for each in study(journal).refresh()] == ["finished"]
    assert all(json.loads(line) for line in journal.path.read_bytes().splitlines())


def test_turns_exclude_each_other(journal: Journal) -> None:
    def add() -> None:
        for _ in range(8):
            with journal.turn() as turn:
                lines, _ = turn.read(0)
                turn.add({"count": len(lines)}, durable=False)

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line["count"] for line in lines_of(journal)] == list(range(24))


def test_a_shared_journal_hides_its_password() -> None:
    journal = SqlJournal(url="postgresql+psycopg://me:secret@host/db", study="s")
    assert journal.place == "postgresql+psycopg://me:***@host/db, study s"
    assert sys.intern(journal.place).count("secret") == 0


def test_time_and_processor_time_are_counted_over_resumes(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 100.0, 150.0, 1000.0, 1000.0, 1040.0, 1060.0])
    monkeypatch.setattr(
        "runner.sweeps.study.time",
        SimpleNamespace(time=lambda: next(clock), time_ns=time.time_ns, monotonic=time.monotonic),
    )
    first = study(journal, worker="w:1:1")
    taken(first)  # at 0
    first.beat()  # at 100
    taken(first)  # at 150
    later = study(journal, worker="w:1:2")
    later.resume()  # at 1000: what lay between was nobody's time
    later.seconds = 200.0
    assert isinstance(later.take(), StudyTrial)  # at 1000, after 150 s
    assert isinstance(later.take(), StudyTrial)  # at 1040, after 190 s
    assert later.take() is None  # at 1060, after 210 s


def test_processor_seconds_of_dead_workers_count(journal: Journal) -> None:
    dead = study(journal)
    with journal.turn() as turn:
        turn.add({"beat": "elsewhere:1:1", "at": time.time(), "used": 50.0})
        turn.add({"beat": "elsewhere:1:1", "at": time.time(), "used": 70.0})
        turn.add({"beat": "elsewhere:2:1", "at": time.time(), "used": 40.0})
    dead.processor_seconds = 120.0
    taken(dead)
    dead.processor_seconds = 109.0
    assert dead.take() is None


def test_what_was_known_before_is_told_to_the_search_and_is_no_trial(journal: Journal) -> None:
    space = space_of(["model.penalty=interval(0,1)"], {})
    known = [Past(values={"model.penalty": repr(i / 40)}, state="finished", objectives=(abs(i / 40 - 0.8),), run="r")
             for i in range(40)]  # fmt: skip

    def begun() -> Study:
        return Study(journal=journal, search=search_of("tpe", space, 3, [-1]), most=20)

    begun().knows(known)
    values = []
    for number in range(6):
        one = begun()  # as if cut off before every trial
        trial = taken(one)
        assert (trial.number, one.known) == (number, known)
        values.append(float(trial.values["model.penalty"]))
        one.tell(number, Ending(state="finished", objectives=(abs(values[-1] - 0.8),), code=0))
    assert sum(abs(value - 0.8) for value in values) / 6 < 0.15  # it does not begin with random points
    assert len(begun().refresh()) == 6


@pytest.mark.slow
def test_two_workers_share_the_trials_of_a_study_in_postgresql() -> None:
    with postgresql() as url:
        journal = SqlJournal(url=url.replace("postgresql://", "postgresql+psycopg://"), study="s")

        def work() -> None:
            one = study(journal, worker=None, most=12)
            one.worker = f"{this_worker()}{threading.get_ident()}"
            while (trial := one.take()) is not None:
                if isinstance(trial, StudyTrial):
                    one.tell(trial.number, DONE)

        one = Study(journal=journal, search=search_of("random", SPACE, 0, [1]), most=12)
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = [line["told"] for line in lines_of(journal) if "told" in line]
        assert sorted(told) == list(range(6))  # the grid has no more
        assert [trial.state for trial in one.refresh()] == ["finished"] * 6
