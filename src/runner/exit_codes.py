"""What the process ends with: no other file says a number."""

from collections.abc import Iterable

RAN = 0
UNFORESEEN = 1
CONFIG = 2
DATA = 3
REJECTED = 4
LEAKS = 5
BUDGET = 6
FORBIDDEN = 7
INTERRUPTED = 130
"""As a shell tells it of what SIGINT ended: 128 + 2."""

NAMES = {
    "ran": RAN,
    "unforeseen": UNFORESEEN,
    "configuration": CONFIG,
    "data": DATA,
    "rejected": REJECTED,
    "leaks": LEAKS,
    "budget": BUDGET,
    "forbidden": FORBIDDEN,
    "interrupted": INTERRUPTED,
}

IN_WORDS = """\
Exit codes: 0 ran, whatever its level; 2 mend the configuration; 3 mend the data; 4 rejected by promote, or of too low
a level to be champion, or a required gate failed with gates.enforce=true; 5 leaks found; 6 a budget of the ledger is
used up; 7 ASSAY_ROLE does not allow it; 130 interrupted; 1 anything else. With -m: 1 if a job crashed, else 7, 6, 4
or 0.
"""


def of_error(error: BaseException) -> int:
    """By who must act on it; UNFORESEEN where its class does not say."""
    from components.errors import BudgetSpent, ConfigError, DataError, GateFailed, RoleForbids

    codes = {
        ConfigError: CONFIG,
        DataError: DATA,
        GateFailed: REJECTED,
        BudgetSpent: BUDGET,
        RoleForbids: FORBIDDEN,
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), UNFORESEEN)


def of_verdict(level: str, *, failed: bool, enforced: bool) -> int:
    """Where gates are enforced, REJECTED of a level that is, and where a required gate failed all the same, as one of
    the portfolio may."""
    return REJECTED if enforced and (failed or level == "rejected") else RAN


def of_jobs(codes: Iterable[int]) -> int:
    """Of a sweep: UNFORESEEN if a job crashed, else FORBIDDEN or BUDGET if one was not allowed, else REJECTED if one
    was under gates.enforce=true, else RAN."""
    ended = set(codes)
    return UNFORESEEN if ended - {RAN, REJECTED, BUDGET, FORBIDDEN} else max(ended, default=RAN)
