"""The public face: what programs may rely on, under short names. This file re-exports, nothing more.

A name is imported when it is first asked for, so that `import assay` costs nothing.
"""

TYPE_CHECKING = False  # what type checkers take for true; importing typing would be most of the cost
if TYPE_CHECKING:
    from assay.notebook import Checked as Checked
    from assay.notebook import Run as Run
    from assay.notebook import check as check
    from assay.notebook import load as load
    from assay.notebook import run as run
    from assay.notebook import runs as runs
    from components.errors import AssayError as AssayError
    from components.errors import ConfigError as ConfigError
    from components.errors import ContractError as ContractError
    from components.errors import DataError as DataError
    from components.panel import Panel as Panel
    from runner.__main__ import main as main
    from runner.bundle.reader import Bundle as Bundle
    from runner.bundle.stream import Stream as Stream

__version__ = "0.1.0"

_HOMES = {
    "AssayError": "components.errors",
    "Bundle": "runner.bundle.reader",
    "Checked": "assay.notebook",
    "ConfigError": "components.errors",
    "ContractError": "components.errors",
    "DataError": "components.errors",
    "Panel": "components.panel",
    "Run": "assay.notebook",
    "Stream": "runner.bundle.stream",
    "check": "assay.notebook",
    "load": "assay.notebook",
    "main": "runner.__main__",
    "run": "assay.notebook",
    "runs": "assay.notebook",
}

__all__ = ["__version__", *_HOMES]  # the keys are names


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
