"""testing [PACKAGE ...]: test your own components by the laws of their slots

Without a package: all that are named in ./pyproject.toml, [tool.assay] components, or in ASSAY_COMPONENTS. Every class,
every example and every file of ./conf that chooses one is tested; a broken law is one line. Also as a plugin:
pytest -p runner.testing --laws PACKAGE
"""

import io
import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from contextlib import redirect_stdout
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from components.errors import ConfigError
from components.optional import missing
from runner import exit_codes
from runner.answer import Answer

ANSWER = {"packages": "list: that were tested", "broken": "list: of each broken law its name and what it says"}


def add_arguments(parser: ArgumentParser) -> None:
    """Packages, and which of their laws."""
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="a package of components")
    parser.add_argument(
        "-k", metavar="WORDS", default="", help="only laws and components with these words, as in pytest"
    )


def run(options: Namespace) -> Answer:
    """What is broken. Raises ConfigError where pytest is missing or a package is not in use."""
    if missing(["pytest"]):
        command = shlex.join([sys.executable, "-m", "pip", "install", "pytest"])
        raise ConfigError(f"testing: needs pytest, not installed; {command}")
    import pytest

    from runner import testing
    from runner.specification.packages import user_packages
    from runner.testing.suite import cases

    packages = options.packages or user_packages()
    if not packages:
        raise ConfigError(
            "testing: no package of components; name one in ./pyproject.toml, [tool.assay] components, or in "
            "ASSAY_COMPONENTS"
        )
    if not any(True for _ in cases(packages)):
        raise ConfigError(f"testing: no components in {', '.join(packages)}; a component is a subclass of a contract")
    quiet = ["-c", os.devnull, "-p", "no:cacheprovider", "-q", "-rs", "--tb=short"]
    chosen = [argument for package in packages for argument in ("--laws", package)]
    heard, text = Heard(), io.StringIO()
    # An empty folder: what a package tests by itself is its own business.
    with TemporaryDirectory() as empty, redirect_stdout(text):
        code = pytest.main([*quiet, "--rootdir", empty, *chosen, "-k", options.k, empty], plugins=[testing, heard])
    return Answer(
        {"packages": list(packages), "broken": heard.broken},
        partial(print, text.getvalue(), end=""),
        exit_codes.RAN if code == 0 else exit_codes.UNFORESEEN,
    )


class Heard:
    """What pytest reports of laws that are broken."""

    def __init__(self) -> None:
        self.broken: list[dict[str, str]] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of one law."""
        if report.failed:
            self.broken.append({"law": report.nodeid.rpartition("::")[2], "says": report.longreprtext})
