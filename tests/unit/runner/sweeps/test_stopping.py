"""Ctrl-C is told by a file in the sweep's folder."""

import os
import signal
from pathlib import Path

import pytest

from runner.sweeps.stopping import interrupts, order, ordered, revoke


def test_an_order_is_seen_by_all_until_it_is_revoked(tmp_path: Path) -> None:
    assert ordered(tmp_path) is None
    order(tmp_path, "last")
    assert ordered(tmp_path) == "last"
    order(tmp_path, "now")
    assert ordered(tmp_path) == "now"
    revoke(tmp_path)
    revoke(tmp_path)
    assert ordered(tmp_path) is None


def test_the_first_interrupt_is_told_and_the_second_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts(tmp_path) as heard:
        assert (heard(), ordered(tmp_path)) == (False, None)
        os.kill(os.getpid(), signal.SIGINT)
        assert (heard(), ordered(tmp_path)) == (True, "last")
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert ordered(tmp_path) == "now"
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err == "no further trial is begun; Ctrl-C again ends those that run\n"
