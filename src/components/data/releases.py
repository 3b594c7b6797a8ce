"""Figures as they were known: what was published about symbols, period by period, revision by revision."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from components.bars import Bars, Codes
from components.contracts import Source
from components.data._bars import sorted_bars
from components.data._nested import bars_of, content_of, fields_of
from components.data.files import Files
from components.errors import ConfigError, DataError, Problem
from components.panel import Float, Int, Panel, Time
from components.structure import strict
from components.values import SourceFacts


@dataclass(frozen=True, kw_only=True)
class Releases(Source):
    """What was known of each symbol from each publication on: of the newest period that had been published, the newest
    figure.

    A table says of every row: symbol, the period that the figure is of, when it was published, and the figure. Filings,
    fundamentals, option flow and dark-pool volume are of this kind; a period stands in several rows where it was
    restated. With K_t the rows of a symbol that were published by t, the value from t on is that of the latest
    publication of the latest period in K_t. So a restated figure counts from the day of its restatement on, never
    before, and one of an older period changes nothing that is known of a newer one.

    table          the rows: a source with a time column, whose timestamp is the time of publication (data=files)
    period_column  column of the table with the period, as a date: its end, or any day that orders periods
    ahead          whether figures are published before the day of their period, as estimates of it are. false: a table
                   most of whose rows are is refused, since its two columns of dates are then mixed up

    A bar bears the time of a publication; a field that was not published then is NaN. Rows of one symbol, period and
    time of publication must hold the same figures. Join it by symbol (data=joined, references with by: symbol), which
    adds a lag and a limit of age.
    """

    table: Source
    period_column: str
    ahead: bool

    def facts(self) -> SourceFacts:
        facts = self.table.facts()
        return replace(facts, description=f"{facts.description}, as it was published")

    def fields(self) -> tuple[str, ...]:
        fields_of(self._periods(), "table")
        return fields_of(self.table, "table")

    def content(self) -> str | None:
        return content_of(self.table, "table")

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        rows, periods = bars_of(self.table, "table"), bars_of(self._periods(), "table")
        period_R = periods.timestamps_R
        if len(period_R) != rows.n_rows or (periods.codes_R != rows.codes_R).any():
            raise ConfigError(Problem("table", "does not give its rows in the order of its file", "choose data=files"))
        self._refuse_mixed_up(rows, period_R)
        known = {name: _known(rows, period_R, name) for name in rows.fields}
        return _together(rows, known)

    def _periods(self) -> Source:
        """The same table by its periods."""
        if not {"time_column", "select"} <= {each.name for each in fields(self.table)}:
            raise ConfigError(Problem("table", "has no column of times to choose", "choose data@data.table=files"))
        named = fields_of(self.table, "table")
        # Any one field will do; prices without a close are refused.
        one = "close" if "close" in named else named[0]
        return replace(self.table, time_column=self.period_column, select=(one,))  # type: ignore[call-arg]

    def _refuse_mixed_up(self, rows: Bars, period_R: Time) -> None:
        early_R = rows.timestamps_R < period_R
        if not self.ahead and 2 * early_R.sum() > len(early_R):
            row = int(early_R.argmax())
            raise DataError(
                f"{rows.source(row)}: {int(early_R.sum())} of {len(early_R)} rows were published before the day of "
                f"their period, the first of symbol {rows.symbol(row)}: published {_day(rows.timestamps_R[row])}, "
                f"period {_day(period_R[row])}; exchange data.table.time_column and data.period_column, or set "
                "data.ahead=true"
            )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        rows = {"path": "fundamentals.csv", "time_column": "published", "select": ["earnings"]}
        table = {"_target_": "components.data.files.Files", **Files.examples()[0], **rows}
        base = {"table": table, "period_column": "period", "ahead": False}
        return (base, base | {"period_column": "quarter", "ahead": True})


def _known(rows: Bars, period_R: Time, name: str) -> tuple[Int, Float]:
    """Rows at which what is known of a field changes or is confirmed, in order of symbol and publication, with the
    value from then on.

    Raises DataError where two figures of one period were published at once.
    """
    values_R = rows.fields[name]
    order = np.lexsort((period_R, rows.timestamps_R, rows.codes_R))
    order = order[~np.isnan(values_R[order])]
    code_K, time_K, period_K = rows.codes_R[order], rows.timestamps_R[order], period_R[order]
    same_K = (code_K[1:] == code_K[:-1]) & (time_K[1:] == time_K[:-1]) & (period_K[1:] == period_K[:-1])
    apart = np.flatnonzero(same_K & (values_R[order[1:]] != values_R[order[:-1]]))
    if len(apart):
        row = int(order[apart[0] + 1])
        raise DataError(
            f"{rows.source(row)}: two figures ({name}) of symbol {rows.symbol(row)}, period {_day(period_R[row])}, "
            f"were published at {_day(rows.timestamps_R[row])}; keep one, or tell their times of publication apart"
        )
    news = [at for block in _blocks(code_K) for at in _newest(period_K[block]) + block.start]
    at_K = np.array(news, dtype=np.int64)
    # Of what was published at one time, the newest period stands last.
    last_K = np.append((code_K[at_K][1:] != code_K[at_K][:-1]) | (time_K[at_K][1:] != time_K[at_K][:-1]), len(at_K) > 0)
    rows_K: Int = order[at_K[last_K[: len(at_K)]]]
    return rows_K, values_R[rows_K]


def _blocks(codes_K: Codes) -> Iterator[slice]:
    """The stretches of one symbol."""
    changes = np.flatnonzero(codes_K[1:] != codes_K[:-1]) + 1
    bounds = [0, *changes.tolist(), len(codes_K)]
    yield from (slice(first, end) for first, end in itertools.pairwise(bounds) if end > first)


def _newest(period_K: Time) -> Int:
    """Places at which no newer period had been published before."""
    newest_K = np.maximum.accumulate(period_K.astype(np.int64))
    return np.flatnonzero(period_K.astype(np.int64) >= newest_K)


def _together(rows: Bars, known: Mapping[str, tuple[Int, Float]]) -> Bars:
    """Bars with all fields, one for each symbol and time at which one of them was published."""
    used = np.unique(np.concatenate([rows_K for rows_K, _ in known.values()] or [np.empty(0, dtype=np.int64)]))
    moments = np.stack([rows.codes_R[used].astype(np.int64), rows.timestamps_R[used].astype(np.int64)], axis=1)
    bars, place_U = np.unique(moments, axis=0, return_inverse=True)
    place_of = np.full(rows.n_rows, -1)
    place_of[used] = place_U.reshape(-1)
    fields_B = {name: np.full(len(bars), np.nan) for name in known}
    for name, (rows_K, values_K) in known.items():
        fields_B[name][place_of[rows_K]] = values_K
    return sorted_bars(rows.symbols, bars[:, 0], bars[:, 1], fields_B, where=rows.where, notices=rows.notices)


def _day(time: np.datetime64) -> str:
    return str(time.astype("datetime64[s]")).removesuffix("T00:00:00")
