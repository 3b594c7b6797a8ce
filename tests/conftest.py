"""How tests are shared out among processes, and what is said of them at the end."""

import gc
import os
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from harness import SECONDS_IN_FORKS

# How long one example takes says how busy the machine is.
settings.register_profile("assay", deadline=None)
settings.load_profile("assay")

# Files that share what takes long to set up run in one process; any other file may run anywhere.
TOGETHER = {
    "shipped": ("tests/e2e/test_predict.py", "tests/e2e/test_reading_environment.py", "tests/e2e/test_repeat.py",
                "tests/e2e/test_shipped_experiments.py", "tests/e2e/test_xagusd.py"),
    "wheel": ("tests/e2e/test_readme.py", "tests/e2e/test_wheel.py"),
    "promotion": ("tests/unit/runner/promotion/",),
}  # fmt: skip


def scope(nodeid: str) -> str:
    """What runs in one process, in order: a file, or files that belong together."""
    file = nodeid.partition("::")[0]
    return next((name for name, files in TOGETHER.items() if file.startswith(files)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    return ByScope(config, log)


USED = pytest.StashKey[float]()
SLOWEST_FILES = 10


def processor_seconds() -> float:
    """Of this process and of all that it started and that ended."""
    return sum(os.times()[:4]) + sum(SECONDS_IN_FORKS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[USED] = processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    report: Any = yield
    if call.when == "teardown":
        report.user_properties.append(("processor", processor_seconds() - item.stash[USED]))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The files that took most processor time, and how to run again what failed."""
    used: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if getattr(report, "when", "") == "teardown":
            used[report.nodeid.partition("::")[0]] += dict(report.user_properties).get("processor", 0.0)
    terminalreporter.section(f"processor time: {sum(used.values()):.0f} s, the dearest files")
    for file, seconds in used.most_common(SLOWEST_FILES):
        terminalreporter.write_line(f"{seconds:6.1f} s  {file}")
    for report in terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", []):
        terminalreporter.write_line(f"again: .venv/bin/pytest {shlex.quote(report.nodeid)}")


def pytest_sessionstart() -> None:
    """Thousands of collected tests stay to the end: looking through them for garbage again and again takes long."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """At the end all of it goes: libraries complain of what is left."""
    gc.unfreeze()
