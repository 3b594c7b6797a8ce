"""What has to be mended before a stranger's bars can be used, and how much of it may be proposed unasked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.bars import Bars
from components.errors import DataError, Problem
from components.structure import PRICES
from components.values import Finding

MOST = 0.01
"""Share of the bars that is mended unasked, at most: what is wrong in more of them means something else."""


def needed(
    findings: Sequence[Finding], bars: Bars, *, standard: Mapping[str, Any], mend: Mapping[str, Any], asked: set[str]
) -> dict[str, str]:
    """check -> action of those without which the standard policy would refuse the bars. asked: checks whose action was
    asked for. Raises DataError where one of the others would touch more than the share MOST of the bars."""
    changed = {finding.check: finding for finding in findings if finding.action != "kept"}
    # Sorting changes no bar.
    harmless = {"order": bars.n_rows, "missing": empty(bars)}
    for check, finding in changed.items():
        touched = finding.count - harmless.get(check, 0)
        if check not in asked and touched > MOST * bars.n_rows:
            setting = f"quality.{check}={mend[check]}"
            message = (
                f"{finding.example}; {touched:,} of {bars.n_rows:,} bars ({touched / bars.n_rows:.1%}) would have to "
                f"be {finding.action}, and no more than {MOST:.0%} are unasked: do the columns mean something else"
            )
            hint = f"mend the file, name the columns (--close COLUMN), or say {setting}"
            raise DataError(Problem("", message, hint, code="many_defects", value=touched, fix=(setting,)))
    return {check: mend[check] for check in mend if check in changed and mend[check] != standard[check]}


def empty(bars: Bars) -> int:
    """Lines without any price: no bars, which are left out and not mended, as the holidays in FRED's series."""
    prices = [bars.fields[name] for name in PRICES if name in bars.fields]
    return int(np.all(np.isnan(prices), axis=0).sum()) if prices else 0
