"""Bars with the sentiment of what was published about their symbols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from components.bars import Mask
from components.contracts import Source
from components.data import _scoring
from components.errors import ConfigError, DataError, Problem
from components.panel import Float, Int, Panel, Time
from components.ranges import Ge, Gt
from components.tables import times
from components.tables.columns import UNTOLD, Columns, texts
from components.tables.container import paths_of
from components.tables.numeric import numbers
from components.tables.reading import names_of, symbols_of
from components.tables.shape import shape_of
from components.tables.unread import Unread
from components.tables.whole import Reading, whole_table
from components.values import SourceFacts

FIELDS = ("sentiment", "news", "news_weight")
DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h") / np.timedelta64(1, "us")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Texts:
    """Texts of a table. row_N: their rows in it; texts_N: what they say, or their scores as written."""

    columns: Columns
    row_N: Int
    symbols_N: npt.NDArray[np.object_]
    times_N: Time
    texts_N: npt.NDArray[np.object_]

    def take(self, keep_N: Mask) -> "_Texts":
        """Some of them."""
        return replace(
            self,
            row_N=self.row_N[keep_N],
            symbols_N=self.symbols_N[keep_N],
            times_N=self.times_N[keep_N],
            texts_N=self.texts_N[keep_N],
        )


@dataclass(frozen=True, kw_only=True)
class Sentiment(Source):
    """Bars that also bear the decayed score of a table of texts with symbol and time of publication.

    A text i with score s_i in [-1, 1] that was known at time t_i (published plus lag) weighs
    w_i = 2^(-(t - t_i) / half_life) in every bar of its symbol decided at t >= t_i, so no text reaches a bar
    before it could be read. A bar's fields:
    sentiment    sum(w_i s_i) / (1 + sum(w_i)): few and old texts count little, none give 0
    news         number of texts that became known since the bar before, at the first bar: all so far (0: none)
    news_weight  sum(w_i): how much is known, in fresh texts

    main             the bars
    stamps           what their timestamps are. end: the moment at which a bar is complete; date: a day, with
                     the decision taken when that day (UTC) is over
    path             file, folder or pattern of the texts, one line per symbol and text
    symbol_column    column with the symbol, spelt as in the bars; texts of other symbols are left out
    time_column      column with the time of publication (UTC where it names no offset)
    published        time: that column says when; date: it names a day, and the text is known when it is over (UTC)
    text_column      column with the text, or with the score where the scorer is column; blanks are left out
    scorer           vader: the VADER lexicon; finbert: a classifier with the labels positive and negative,
                     which must lie on this machine; column: the file holds scores
    finbert_folder   folder of that classifier's weights (safetensors) and tokenizer; null unless finbert
    neutral          score that means neutral in the file (scorer column)
    half_range       distance from neutral to the best score in the file; scores are limited to [-1, 1]
    lag_minutes      from publication until a text can have been read and scored
    half_life_hours  after which a text counts half
    cache_folder     folder that keeps the scores, so that no text is scored twice
    Raises DataError naming file, line and remedy.
    """

    inert: ClassVar[frozenset[str]] = frozenset({"cache_folder"})
    optional: ClassVar[tuple[str, ...]] = _scoring.FINBERT

    main: Source
    stamps: Literal["end", "date"]
    path: str
    symbol_column: str
    time_column: str
    published: Literal["time", "date"]
    text_column: str
    scorer: Literal["vader", "finbert", "column"]
    finbert_folder: str | None
    neutral: float
    half_range: Annotated[float, Gt(0)]
    lag_minutes: Annotated[float, Ge(0)]
    half_life_hours: Annotated[float, Gt(0)]
    cache_folder: str

    def packages(self) -> tuple[str, ...]:
        return self.optional if self.scorer == "finbert" else ()

    def facts(self) -> SourceFacts:
        facts = self.main.facts()
        described = f"{facts.description}, with sentiment of {Path(self.path).name} ({self.scorer})"
        if self.scorer != "finbert":
            return replace(facts, description=described)
        caution = "sentiment: a language model that was trained after a text was published judges it with hindsight"
        return replace(facts, description=described, cautions=(*facts.cautions, caution))

    def fields(self) -> tuple[str, ...]:
        names = self.main.fields()
        if taken := sorted(set(FIELDS) & set(names)):
            raise ConfigError(Problem("data.main", f"has a field '{taken[0]}' already", "sentiment adds one"))
        if (self.scorer == "finbert") != (self.finbert_folder is not None):
            message = f"names a folder if and only if scorer is finbert, which is {self.scorer}"
            raise ConfigError(Problem("data.finbert_folder", message, "weights are never downloaded"))
        columns = names_of(shape_of(paths_of(self.path)[0], UNTOLD))
        for key in ("symbol_column", "time_column", "text_column"):
            if (column := getattr(self, key)) not in columns:
                raise DataError(f"{self.path}: no column '{column}' (data.{key}); columns: {', '.join(columns)}")
        return (*names, *FIELDS)

    def load(self) -> Panel:
        self.fields()
        panel, table = self.main.load(), self._texts()
        ours_N = np.isin(table.symbols_N, panel.symbols)
        if not ours_N.any():
            raise DataError(
                f"{self.path}: no text is about a symbol of the bars; symbols there: "
                f"{', '.join(sorted(set(table.symbols_N))[:5])}; in the bars: {', '.join(panel.symbols[:5])}; "
                "spell them alike"
            )
        ours = table.take(ours_N)
        scores_N, known_N = self._scores(ours), self._known(ours)
        decided_R = panel.timestamps_R + DAY * (self.stamps == "date")
        values_3R = np.empty((len(FIELDS), panel.n_rows))
        for s, symbol in enumerate(panel.symbols):
            rows, own = slice(panel.offsets[s], panel.offsets[s + 1]), ours.symbols_N == symbol
            values_3R[:, rows] = _decayed(decided_R[rows], known_N[own], scores_N[own], self.half_life_hours)
        notices = (*panel.notices, *self._strangers(table, ours_N))
        fields = {**panel.fields, **dict(zip(FIELDS, values_3R, strict=True))}
        return replace(panel, fields=fields, notices=notices)

    def _strangers(self, table: "_Texts", ours_N: Mask) -> tuple[str, ...]:
        """How many texts are about no symbol of the bars."""
        if ours_N.all():
            return ()
        names = sorted(set(table.symbols_N[~ours_N]))
        more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
        return (
            f"{self.path}: {(~ours_N).sum():,} of {len(ours_N):,} texts are about no symbol of the bars: "
            f"{', '.join(names[:5])}{more}",
        )

    def _texts(self) -> "_Texts":
        """The lines that hold a text, with times in UTC."""
        keys = (self.symbol_column, self.time_column, *(() if self.scorer == "column" else (self.text_column,)))
        columns = whole_table(self.path, Reading(), keys=keys, setting="data.path")
        column = columns.raw[self.time_column]
        try:
            times_N = times.read(column).utc_N
        except Unread as unread:
            raise columns.unread(unread) from None
        codes_N, symbols = symbols_of(columns, self.symbol_column)
        texts_N = texts(columns, self.text_column)
        found = _Texts(
            columns=columns,
            row_N=np.arange(columns.n_rows),
            symbols_N=np.array(symbols, dtype=object)[codes_N],
            times_N=times_N,
            texts_N=texts_N,
        )
        return found.take(np.array([text is not None for text in texts_N], dtype=bool))

    def _known(self, table: "_Texts") -> Time:
        """(N,) times from which the texts are known."""
        published_N = table.times_N
        if self.published == "time" and (published_N == published_N.astype("M8[D]")).all():
            raise DataError(
                f"{self.path}: every text is stamped midnight, so the stamps name days; set data.published=date, "
                "lest texts be read before they were written"
            )
        lag = np.timedelta64(round(self.lag_minutes * 60e6), "us")
        known_N: Time = published_N + DAY * (self.published == "date") + lag
        return known_N

    def _scores(self, table: "_Texts") -> Float:
        """(N,) scores in [-1, 1]; equal texts are scored once."""
        import pandas as pd

        if self.scorer == "column":
            values_N = numbers(table.columns, [self.text_column])[self.text_column][table.row_N]
            raw_N: Float = (values_N - self.neutral) / self.half_range
            if np.isnan(raw_N).any():
                row = int(np.isnan(raw_N).argmax())
                place = table.columns.place(int(table.row_N[row]))
                raise DataError(f"{self.path}: {place}: '{table.texts_N[row]}' is no score; mend it")
            return raw_N.clip(-1.0, 1.0)
        codes_N, distinct = pd.factorize(table.texts_N)
        score, identity = _scoring.vader, _scoring.vader_identity
        if (weights := self.finbert_folder) is not None:
            score, identity = partial(_scoring.finbert, folder=weights), partial(_scoring.finbert_identity, weights)
        scores = _scoring.remembered(score, list(distinct), folder=self.cache_folder, identity=identity())
        return np.asarray(scores[codes_N], dtype=np.float64)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "main": {"_target_": "components.data.bundled.Bundled", "dataset": "sp500"},
            "stamps": "date",
            "path": "news.csv",
            "symbol_column": "symbol",
            "time_column": "published_at",
            "published": "time",
            "text_column": "headline",
            "scorer": "vader",
            "finbert_folder": None,
            "neutral": 0.0,
            "half_range": 1.0,
            "lag_minutes": 60.0,
            "half_life_hours": 48.0,
            "cache_folder": "outputs/fetched",
        }
        return (base, base | {"scorer": "column", "text_column": "score", "neutral": 3.0, "half_range": 2.0})


def _decayed(decided_B: Time, known_N: Time, scores_N: Float, half_life_hours: float) -> Float:
    """(3, B) sentiment, news and news_weight of one symbol's bars."""
    bars = len(decided_B)
    bar_N = np.searchsorted(decided_B, known_N, side="left")
    inside = bar_N < bars
    bar_N, scores_N = bar_N[inside], scores_N[inside]
    age_N = (decided_B[bar_N] - known_N[inside]).astype(np.float64) / HOUR
    fresh_N = np.exp2(-age_N / half_life_hours)
    scored_B = np.bincount(bar_N, fresh_N * scores_N, minlength=bars)
    weight_B = np.bincount(bar_N, fresh_N, minlength=bars)
    kept_B = np.exp2(-np.diff(decided_B, prepend=decided_B[:1]).astype(np.float64) / HOUR / half_life_hours)
    for b in range(1, bars):
        scored_B[b] += kept_B[b] * scored_B[b - 1]
        weight_B[b] += kept_B[b] * weight_B[b - 1]
    return np.stack([scored_B / (1 + weight_B), np.bincount(bar_N, minlength=bars).astype(np.float64), weight_B])
