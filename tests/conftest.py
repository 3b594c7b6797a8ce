"""How tests are shared out among processes."""

import gc
from typing import Any

import pytest
from hypothesis import settings

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


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: looking through them for garbage again and again takes long."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end all of it goes: libraries complain of what is left."""
    gc.unfreeze()
