"""Where a run came from: versions, machine, command and the state of the checkout."""

import importlib.metadata
import os
import platform
import re
import socket
import subprocess
import sys
from functools import cache
from typing import Any

from runner.storage.digests import version_of

DISTRIBUTION = "assay-runner"
_GIT_SECONDS = 5.0


def provenance() -> dict[str, Any]:
    """command, process, versions of what Assay declares to need, python, platform, git (None outside a checkout)."""
    return {
        "command": sys.orig_argv,
        "process": this_process(),
        "versions": dict(versions()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git": git_state(),
    }


def this_process() -> str:
    """host:number, by which it is found out whether a run that says that it runs still does."""
    return f"{socket.gethostname()}:{os.getpid()}"


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Name and version of this distribution and of those it requires, as far as they are installed."""
    try:
        required = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        required = []
    for_users = [entry for entry in required if "extra == 'dev'" not in entry.replace('"', "'")]
    names = {match[0] for entry in for_users if (match := re.match(r"[A-Za-z0-9._-]+", entry))}
    found = {name: version_of(name) for name in sorted(names | {DISTRIBUTION})}
    return tuple((name, version) for name, version in found.items() if version is not None)


def git_state() -> dict[str, Any] | None:
    """Commit of the current folder's checkout and whether it has changes; None without git or commits."""
    try:
        status = subprocess.run(
            ["git", "status", "--porcelain=v2", "--branch"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    commit = next((line.split()[-1] for line in status if line.startswith("# branch.oid")), "(initial)")
    if commit == "(initial)":
        return None
    return {"commit": commit, "dirty": any(not line.startswith("#") for line in status)}
