"""The laws that every component keeps, for this repository's own and for those of anybody's package.

As `python -m runner testing my_package`, or beside other tests as a plugin of pytest:
`pytest -p runner.testing --laws my_package`.
What is tested is found as an experiment finds it: packages are named in ./pyproject.toml or in ASSAY_COMPONENTS.
"""

from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: "pytest.Parser") -> None:
    """Called by pytest."""
    parser.addoption(
        "--laws",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="test every component of this package by the laws of its slot; may be repeated",
    )


def pytest_collection_modifyitems(session: Any, config: Any, items: MutableSequence[Any]) -> None:
    """Called by pytest: the laws come after the tests that it collected."""
    packages = config.getoption("--laws")
    if packages:
        from runner.testing.plugin import law_items

        items += law_items(session, tuple(packages))
