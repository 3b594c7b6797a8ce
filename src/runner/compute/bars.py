"""What is left of the visible bars after the quality policy, and of those in a debug run.

Shape legend: R panel rows.
"""

from dataclasses import dataclass

import numpy as np

from components.contracts import Quality, Source, Split
from components.errors import DataError
from components.panel import Panel
from components.values import Finding
from runner.compute.vault import visible_bars
from runner.specification.debug import Debug


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspected:
    """Bars after the quality policy, what it found, and from when on bars were kept aside."""

    panel: Panel
    findings: tuple[Finding, ...]
    vault_begins: np.datetime64 | None


def inspect(content: str | None, *, source: Source, split: Split, quality: Quality) -> Inspected:
    """The source's bars without the vault, judged; content: the source's digest, by which they are kept.

    Raises DataError where the source changes meanwhile: what was read would be kept under a wrong digest.
    """
    raw, vault_begins = visible_bars(source, split)
    panel, findings = quality.inspect(raw)
    if content is not None and source.content() != content:
        raise DataError(f"{raw.where}: changed while it was read; run again when it is complete")
    return Inspected(panel=panel, findings=findings, vault_begins=vault_begins)


def corner(panel: Panel, debug: Debug) -> Panel:
    """The panel, or in a debug run only a part of it."""
    keep_R = np.ones(panel.n_rows, dtype=bool)
    if debug.max_symbols is not None:
        keep_R &= panel.symbol_codes_R < debug.max_symbols
    if debug.max_bars is not None and len(panel.dates_T) > debug.max_bars:
        keep_R &= panel.timestamps_R >= panel.dates_T[-debug.max_bars]
    return panel if keep_R.all() else panel.take(keep_R)
