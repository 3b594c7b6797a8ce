"""Tries are remembered whatever becomes of their folders, and a record that was tampered with is said."""

import json
import shutil
import sqlite3
from pathlib import Path

from harness import Assay, Run

QUICK = ("+experiment=sp500_regime", "gates=strict", "tracking=none", "export=never", "model=ridge")


def latest(folder: Path) -> Run:
    return Run((folder / "outputs" / "latest").resolve())


def test_tries_count_after_their_folders_are_deleted_and_a_changed_record_is_said(assay: Assay, tmp_path: Path) -> None:
    assert assay(*QUICK, "model.penalty=1").returncode == 0
    first = latest(tmp_path).json("manifest")
    assert (first["tries"]["count"], first["tries"]["silent"]) == (1, 0)
    shutil.rmtree(tmp_path / "outputs" / "runs")

    second = assay(*QUICK, "model.penalty=2")
    assert second.returncode == 0, second.stderr
    assert "whole_record ✓ passed" in " ".join(second.stdout.split())
    tries = latest(tmp_path).json("manifest")["tries"]
    assert (tries["count"], tries["silent"]) == (2, 0)
    assert (first["tries"]["earlier_rounds"], tries["earlier_rounds"]) == (0, 1), "each run of its own is a round"
    assert latest(tmp_path).json("gates")["provable"]["tries"] == 2
    assert 1 <= tries["independent"] < 1.2, "two penalties of one ridge are hardly two tries"
    names = [figure["name"] for figure in latest(tmp_path).json("statistics")]
    assert {"dsr", "dsr_strict", "spa", "stepm", "pbo"} <= set(names)

    assert assay(*QUICK, "model.penalty=2").returncode == 0
    assert latest(tmp_path).json("manifest")["tries"]["count"] == 2, "the same key is the same trial"

    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        ((last,),) = connection.execute("SELECT max(sequence) FROM events").fetchall()
        connection.execute("DELETE FROM events WHERE sequence > ?", (last - 3,))
        for _, sql in triggers:
            connection.execute(sql)
    connection.close()
    third = assay(*QUICK, "model.penalty=3")
    assert third.returncode == 0, third.stderr
    said = " ".join(third.stdout.split())
    lost = (
        f"truncated or replaced: it ends at event {last - 2}, but a run noted event {last - 1}"  # its end comes later
    )
    assert f"The count of tries cannot be trusted: {lost}" in said
    gates = {gate["name"]: gate for gate in latest(tmp_path).json("gates")["gates"]}
    assert gates["whole_record"]["status"] == "failed"
    shown = assay("ledger", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["problems"][0].startswith("forked: event ")
