"""Warm-up: where history begins must not change what features say once they have seen their lookback."""

from collections.abc import Iterator

import numpy as np

from components.expressions import reach
from components.values import LeakFinding
from runner.leaks.subject import Subject, day, feature_path, leak, moved, moved_sentence, warm

NAME = "warm-up"
SHARE = 0.2
"""Of the dates, that are left out at the beginning."""


def warm_up(subject: Subject) -> Iterator[LeakFinding]:
    """Every feature on a history that begins later, compared where all that it reads is there in both."""
    panel, table = subject.panel, subject.prepared.table
    begin = panel.dates_T[int(len(panel.dates_T) * SHARE)]
    later = panel.take(panel.timestamps_R >= begin)
    rows_K = np.flatnonzero(panel.timestamps_R >= begin)
    values_FK = subject.table_of(later)
    for name, node in subject.prepared.columns.items():
        place, bars = table.names.index(name), reach(node)
        ready_K = warm(panel, begin, bars.lookback_bars, everyone=bars.cross_sectional)[rows_K]
        old_K, new_K = table.values_FR[place, rows_K][ready_K], values_FK[place][ready_K]
        if (moved_K := moved(old_K, new_K)).any():
            change = f"with history beginning on {day(begin)}"
            sentence = moved_sentence(panel, rows_K[ready_K], old_K, new_K, moved_K, change=change)
            yield leak(NAME, feature_path(name), f"{sentence}; it reads {bars.lookback_bars} bars back, by its text")
