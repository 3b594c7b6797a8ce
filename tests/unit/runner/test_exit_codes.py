"""What the process ends with says who must act."""

import pytest

from components.errors import (
    AssayError,
    BudgetSpent,
    ConfigError,
    ContractError,
    DataError,
    GateFailed,
    OutputError,
    RoleForbids,
)
from runner import exit_codes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("mend it"), 2),
        (DataError("mend it"), 3),
        (GateFailed("too bad"), 4),
        (BudgetSpent("no more"), 6),
        (RoleForbids("not you"), 7),
        (ContractError("mend it"), 1),
        (OutputError("full"), 1),
        (AssayError("odd"), 1),
        (ZeroDivisionError(), 1),
    ],
)
def test_an_error_says_who_must_act(error: Exception, code: int) -> None:
    assert exit_codes.of_error(error) == code


@pytest.mark.parametrize(
    ("codes", "whole"),
    [([0, 0], 0), ([0, 4, 0], 4), ([4, 1, 0], 1), ([2], 1), ([130, 0], 1), ([0, 6, 4], 6), ([6, 7], 7), ([], 0)],
)
def test_a_crash_outweighs_a_rejection_in_a_sweep(codes: list[int], whole: int) -> None:
    assert exit_codes.of_jobs(codes) == whole


@pytest.mark.parametrize(
    ("level", "failed", "enforced", "code"),
    [
        ("rejected", True, False, 0),
        ("rejected", True, True, 4),
        ("rejected", False, True, 4),
        ("candidate", False, True, 0),
        ("candidate", True, True, 4),
        ("candidate", True, False, 0),
        ("hallmarked", False, True, 0),
    ],
)
def test_gates_that_are_enforced_end_with_the_code_of_a_rejection(
    level: str, failed: bool, enforced: bool, code: int
) -> None:
    assert exit_codes.of_verdict(level, failed=failed, enforced=enforced) == code


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 130])
def test_every_code_is_explained(code: int) -> None:
    assert f"{code} " in exit_codes.IN_WORDS
