"""Laws as items of pytest."""

from collections.abc import Sequence
from typing import Any

from runner.testing.law import LawBroken, Untestable
from runner.testing.suite import Case, cases


def law_items(session: Any, packages: Sequence[str]) -> list[Any]:
    """One item for every law of every component of the packages. Raises pytest.UsageError where there is none."""
    import pytest

    from components.errors import AssayError

    class LawItem(pytest.Item):
        """One case; a broken law is one line."""

        def __init__(self, *, case: Case, **given: Any) -> None:
            super().__init__(**given)
            self.case = case

        def runtest(self) -> None:
            try:
                self.case.judge()
            except Untestable as reason:
                pytest.skip(str(reason))

        def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
            if isinstance(excinfo.value, LawBroken):
                return str(excinfo.value)
            return super().repr_failure(excinfo, style)

        def reportinfo(self) -> tuple[Any, None, str]:
            return self.path, None, self.name

    try:
        found = list(cases(packages))
    except AssayError as error:
        raise pytest.UsageError(str(error)) from None
    return [LawItem.from_parent(session, name=case.name, case=case) for case in found]
