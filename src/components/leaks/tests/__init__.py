"""One test a file: what defines `TEST` here is part of the battery.

A test is a function on values that returns signals with the chance of each; `examination` holds those of all tests
together down. Files that begin with an underscore hold what several tests need.
"""

import importlib
import pkgutil
from functools import cache

from components.leaks.found import LeakTest


@cache
def battery() -> tuple[LeakTest, ...]:
    """All tests, those of single columns first."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    found = [importlib.import_module(f"{__name__}.{name}").TEST for name in names]
    return tuple(sorted(found, key=lambda test: (test.scope != "column", test.name)))
