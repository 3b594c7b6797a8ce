"""Cut off at any step, a promotion leaves the champion in charge, and doing it again finishes it."""

import io
import os
import signal
import subprocess
import sys

import pytest

from components.data.bundled import Bundled
from runner.bundle.reader import Bundle
from runner.bundle.registry import find
from runner.cli import main
from runner.console import Console
from runner.promotion.again import promote_folder
from runner.promotion.promote import STEPS, Wish
from runner.promotion.verify import verify_all
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.recording.testimony import noted
from runner.specification.places import HERE

NAME = "sp500_volatility"
DRIVER = """
import io, os, signal, sys
import numba, onnx, onnxruntime, pandas, pyarrow.parquet, scipy.special, sqlalchemy  # once, not in every child
import components.expressions.engine
from runner.console import Console
from runner.promotion.promote import Wish
from runner.promotion.again import promote_folder
from runner.recording.run_folder import find_run
from runner.specification.places import HERE

def promote(last_step):
    def after(step):
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)
    run = find_run(sys.argv[1], HERE.outputs)
    promote_folder(run, Wish(alias="champion", override="the desk decides"), Console(io.StringIO()), HERE, after=after)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        promote(line.strip())
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Promotes in a process of its own for each step it is told, and kills that after the step."""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_whenever_it_is_killed_the_champion_stays_and_a_repeat_completes(place, run_id) -> None:
    """Killed after each step in turn, in one registry: every attempt begins where the last one was cut off."""
    charge = Wish(alias="champion", override="the desk decides")
    first = promote_folder(find_run(run_id("good"), HERE.outputs), charge, Console(io.StringIO()), HERE)
    panel = Bundled(dataset="sp500").load()
    forecast_M = Bundle.open(first.folder).forecast(panel).forecast_M
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, run_id("other")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert driver.stdin is not None
    assert driver.stdout is not None
    for step in STEPS:
        print(step, file=driver.stdin, flush=True)
        assert int(driver.stdout.readline()) == -signal.SIGKILL, step
        champion = find(f"{NAME}@champion", HERE.registry)
        assert champion.name == ("2" if step == "pointed" else "1")
        assert (Bundle.open(champion).forecast(panel).forecast_M == forecast_M).all() == (champion.name == "1")
        assert main(["verify"]) == 0
    driver.communicate(timeout=60)
    made = promote_folder(find_run(run_id("other"), HERE.outputs), charge, Console(io.StringIO()), HERE)
    assert (made.folder.name, made.aliases) == ("2", ("champion",))
    assert main(["verify"]) == 0
    opened = Ledger.open().chain.read(lambda transaction: list(transaction.events(kind="vault_opened")))
    # However often it was cut off, the other run opened the vault once.
    assert [event.content["reused"] for event in opened] == [False, True]
    assert made.content["vault"]["earlier"] == [opened[0].key]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_whenever_the_first_of_all_is_killed_its_vault_stays_its_own(place, run_id) -> None:
    for step in STEPS:
        assert promote_and_be_killed(run_id("good"), step) == -signal.SIGKILL, step
        assert verify_all(HERE.registry).every_problem() == [], step
    made = promote_folder(find_run(run_id("good"), HERE.outputs), Wish(), Console(io.StringIO()), HERE)
    assert (made.state, made.aliases) == ("already promoted", ("champion",))
    assert (made.content["vault"]["reused"], made.content["vault"]["earlier"]) == (False, [])
    assert main(["verify"]) == 0
    # A version is noted before it is there: that which was cut off in between, and that which was written.
    for kind, number in (("vault_opened", 1), ("vault_judged", 1), ("promoted", 2), ("alias_moved", 1)):
        assert len(noted(Ledger.open(), kind)) == number, kind


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="forks")
def test_three_at_once_are_one_promotion(place, run_id) -> None:
    children = [start_promotion(run_id("good")) for _ in range(3)]
    assert [child.wait(120) for child in children] == [0, 0, 0]
    for kind in ("vault_opened", "vault_judged", "promoted", "alias_moved"):
        assert len(noted(Ledger.open(), kind)) == 1, kind
    made = promote_folder(find_run(run_id("good"), HERE.outputs), Wish(), Console(io.StringIO()), HERE)
    assert (made.state, made.folder.name, made.content["vault"]["reused"]) == ("already promoted", "1", False)
    assert main(["verify"]) == 0


def start_promotion(run: str, last_step: str = "") -> subprocess.Popen:
    script = DRIVER.partition("for line in")[0] + "promote(sys.argv[2])"
    return subprocess.Popen([sys.executable, "-c", script, run, last_step])


def promote_and_be_killed(run: str, step: str) -> int:
    return start_promotion(run, step).wait(120)
