"""Whole runs, as a user starts them: a process, a folder, a ledger of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Run:
    """A run folder with its small files read."""

    folder: Path

    def json(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text())

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ASSAY_LEDGER": str(folder / "ledger.sqlite"),
        "PYTHONWARNINGS": "error",
        "WANDB_MODE": "offline",
        "NO_COLOR": "1",
    }


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        env=environment(folder),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    process = started(folder, *arguments)
    out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


Shipped = Callable[[str], tuple["subprocess.CompletedProcess[str]", Run]]
