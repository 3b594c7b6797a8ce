"""Bars with the sentiment of what was published about their symbols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from components.contracts import Source
from components.data import _scoring
from components.errors import ConfigError, DataError, Problem
from components.panel import TIME_DTYPE, Float, Panel, Time
from components.ranges import Ge, Gt
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("sentiment", "news", "news_weight")
DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h") / np.timedelta64(1, "us")


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
    path             CSV or Parquet file of the texts, one line per symbol and text
    symbol_column    column with the symbol, spelt as in the bars; texts of other symbols are left out
    time_column      column with the time of publication (ISO 8601; UTC where it names no offset)
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
        columns = _column_names(Path(self.path))
        for key in ("symbol_column", "time_column", "text_column"):
            if (column := getattr(self, key)) not in columns:
                raise DataError(f"{self.path}: no column '{column}' (data.{key}); columns: {', '.join(columns)}")
        return (*names, *FIELDS)

    def load(self) -> Panel:
        self.fields()
        panel, table = self.main.load(), self._texts()
        symbols = table[self.symbol_column].astype(str)
        ours = table[symbols.isin(panel.symbols).to_numpy()]
        if ours.empty:
            raise DataError(
                f"{self.path}: no text is about a symbol of the bars; symbols there: "
                f"{', '.join(sorted(set(symbols))[:5])}; in the bars: {', '.join(panel.symbols[:5])}; spell them alike"
            )
        scores_N, known_N = self._scores(ours), self._known(ours)
        names_N = ours[self.symbol_column].astype(str).to_numpy(dtype=object)
        decided_R = panel.timestamps_R + DAY * (self.stamps == "date")
        values_3R = np.empty((len(FIELDS), panel.n_rows))
        for s, symbol in enumerate(panel.symbols):
            rows, texts = slice(panel.offsets[s], panel.offsets[s + 1]), names_N == symbol
            values_3R[:, rows] = _decayed(decided_R[rows], known_N[texts], scores_N[texts], self.half_life_hours)
        return replace(panel, fields={**panel.fields, **dict(zip(FIELDS, values_3R, strict=True))})

    def _texts(self) -> "pd.DataFrame":
        """The lines that hold a text, with times in UTC."""
        import pandas as pd

        columns = [self.symbol_column, self.time_column, self.text_column]
        reader = pd.read_parquet if Path(self.path).suffix == ".parquet" else pd.read_csv
        try:
            table = reader(self.path, **{"columns" if reader is pd.read_parquet else "usecols": columns})
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise DataError(f"{self.path}: cannot be read: {_first_line(error)}") from None
        stamps = pd.to_datetime(table[self.time_column], format="ISO8601", errors="coerce", utc=True)
        if (bad := stamps.isna().to_numpy()).any():
            row = int(bad.argmax())
            raise DataError(
                f"{self.path}: line {row + 2}: '{table[self.time_column].iloc[row]}' is no time in ISO 8601 "
                "(2020-12-31T14:00:00Z); mend it"
            )
        table[self.time_column] = stamps.dt.tz_localize(None).astype("datetime64[us]")
        return table[table[self.text_column].notna()]

    def _known(self, table: "pd.DataFrame") -> Time:
        """(N,) times from which the texts are known."""
        published_N = table[self.time_column].to_numpy().astype(TIME_DTYPE)
        if self.published == "time" and (published_N == published_N.astype("M8[D]")).all():
            raise DataError(
                f"{self.path}: every text is stamped midnight, so the stamps name days; set data.published=date, "
                "lest texts be read before they were written"
            )
        lag = np.timedelta64(round(self.lag_minutes * 60e6), "us")
        known_N: Time = published_N + DAY * (self.published == "date") + lag
        return known_N

    def _scores(self, table: "pd.DataFrame") -> Float:
        """(N,) scores in [-1, 1]; equal texts are scored once."""
        import pandas as pd

        column = table[self.text_column]
        if self.scorer == "column":
            numbers = pd.to_numeric(column, errors="coerce")
            if (bad := numbers.isna().to_numpy()).any():
                row = int(bad.argmax())
                raise DataError(f"{self.path}: line {column.index[row] + 2}: '{column.iloc[row]}' is no score; mend it")
            raw_N: Float = (numbers.to_numpy(dtype=np.float64) - self.neutral) / self.half_range
            return raw_N.clip(-1.0, 1.0)
        codes_N, texts = pd.factorize(column.astype(str))
        score, identity = _scoring.vader, _scoring.vader_identity
        if (weights := self.finbert_folder) is not None:
            score, identity = partial(_scoring.finbert, folder=weights), partial(_scoring.finbert_identity, weights)
        scores = _scoring.remembered(score, list(texts), folder=self.cache_folder, identity=identity())
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


def _column_names(path: Path) -> list[str]:
    if not path.is_file():
        raise DataError(f"{path}: no such file; give an existing CSV or Parquet file of texts in data.path")
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return [str(name) for name in pq.read_schema(path).names]
        import pandas as pd

        return [str(name) for name in pd.read_csv(path, nrows=0).columns]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


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
