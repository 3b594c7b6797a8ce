"""How evidence is written."""

from components.leaks.examined import Severity
from components.leaks.reach import Reach


def chance(p: float) -> str:
    return f"{p:.0e}" if p > 1e-99 else "1e-99 or less"


def severity(size: float, reach: Reach) -> Severity | None:
    """What a correlation of this size is; None below what makes it suspect."""
    return "leak" if size >= reach.leak else "suspect" if size >= reach.suspect else None


def beside(reach: Reach) -> str:
    """What honest columns reach, for comparison."""
    return f"honest columns reach {reach.honest:.2f} there"
