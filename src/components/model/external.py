"""Forecasts that were made elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from components.contracts import NOTHING, Claimed, ClaimedModel, FittedModel, Inherited, Loss
from components.errors import Ask, DataError
from components.model._claims import Lines, known_at_bars
from components.onnx_graph import forecast_graph
from components.panel import Panel
from components.ranges import MinLen
from components.tables.quantiles import quantile_name
from components.values import Float, Head, Resources, Samples, Statistic

if TYPE_CHECKING:
    import onnx

    from components.tables.columns import Columns

FILE = "external.json"
MEAN, UP = "mean", "up"


@dataclass(frozen=True, kw_only=True)
class External(ClaimedModel):
    """Forecasts of a table, one line per symbol, time at which it was made, and horizon.

    path               CSV, Parquet, Feather or Excel file
    symbol_column      column with the symbol, spelt as in the bars; null: all are of the bars' only symbol
    made_at_column     column with the time at which a forecast was made
    decided_at_column  column with the time of the bar whose decision it is for; null: a forecast is for the first bar
                       of its symbol that is decided on when it was made or later. A bar that is a date is decided on
                       when that day (UTC) is over
    horizon_column     column with the bars ahead; null: all are of the target's horizon
    columns            output of the loss -> column: mean; up, the probability that it rises; q10, the quantile of 10 %
                       (q2_5: of 2.5 %)
    date_format        as of data=files; null: found out
    time_zone          IANA name of the clock that times without an offset were read off; null: UTC
    dates_mean         where forecasts bear dates and bars times of day: whether a date is its begin or its end; null:
                       that is asked
    Forecasts of other horizons and symbols are left out and counted, a bar without forecast is neither judged nor
    traded, of several for one decision the latest counts. Nothing is fitted. Raises DataError naming the line of a
    value that cannot be read, of a forecast made after its decision, of a second one made at the same time, and of a
    probability outside 0 to 1.
    """

    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean", "quantile", "probability"})

    path: str
    symbol_column: str | None
    made_at_column: str
    decided_at_column: str | None
    horizon_column: str | None
    columns: Annotated[Mapping[str, str], MinLen(1)]
    date_format: str | None
    time_zone: str | None
    dates_mean: Literal["begin", "end"] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base = {
            "path": "forecasts.csv",
            "symbol_column": "symbol",
            "made_at_column": "made_at",
            "decided_at_column": None,
            "horizon_column": "horizon",
            "columns": {"mean": "mean"},
            "date_format": None,
            "time_zone": None,
            "dates_mean": None,
        }
        return (base, {**base, "columns": {"q10": "low", "q50": "middle", "q90": "high"}, "horizon_column": None})

    def flaws(self) -> tuple[str, ...]:
        wrong = [name for name in self.columns if name not in (MEAN, UP) and not 0 < _level(name) < 1]
        return tuple(f"columns: '{name}' is no output; write mean, up, or a quantile as q10" for name in wrong)

    def output_fields(self) -> tuple[str, ...]:
        return tuple(_field(name) for name in self._outputs())

    def _outputs(self) -> list[str]:
        """Names of the outputs in the order in which a loss asks for them."""
        return sorted(self.columns, key=lambda name: (name not in (MEAN, UP), _level(name)))

    def lacking(self, head: Head) -> str:
        asked = {"mean": [MEAN], "probability": [UP]}.get(head.statistic, [quantile_name(q) for q in head.levels])
        own = self._outputs()
        if own == asked:
            return ""
        return f"gives {', '.join(own)}, where the loss asks for {', '.join(asked)}"

    def columns_found(self) -> None:
        from components.tables.shape import Told, shape_of

        self._refuse_absent()
        shape = shape_of(Path(self.path), Told())
        names = shape.levels.long if shape.levels else shape.names
        for key, column in self._asked().items():
            if column not in names:
                raise DataError(f"{self.path}: no column '{column}' (model.{key}); columns: {', '.join(names)}")

    def _refuse_absent(self) -> None:
        if not Path(self.path).is_file():
            raise DataError(f"{self.path}: no such file; give an existing table of forecasts in model.path")

    def _asked(self) -> dict[str, str]:
        """setting -> column."""
        keys = ("symbol_column", "made_at_column", "decided_at_column", "horizon_column")
        named = {key: column for key in keys if (column := getattr(self, key)) is not None}
        return {**named, **{f"columns.{name}": column for name, column in self.columns.items()}}

    def claimed(self, panel: Panel, *, horizon_bars: int) -> Claimed:
        fields, notices = known_at_bars(self._lines(panel), panel, horizon_bars)
        return Claimed(fields={_field(name): fields[name] for name in self._outputs()}, notices=notices)

    def _lines(self, panel: Panel) -> Lines:
        from components.tables.columns import columns_of
        from components.tables.numeric import numbers

        self.columns_found()
        named = list(self.columns.values()) + ([self.horizon_column] if self.horizon_column else [])
        table = columns_of(Path(self.path), wanted=tuple(dict.fromkeys(self._asked().values())), numbers=named)
        values = numbers(table, list(dict.fromkeys(named)))
        lines = Lines(
            path=self.path,
            **self._symbols(table, panel),
            made_N=self._times(table, self.made_at_column, panel),
            decided_N=None if self.decided_at_column is None else self._times(table, self.decided_at_column, panel),
            horizon_N=None if self.horizon_column is None else values[self.horizon_column],
            values={name: values[column] for name, column in self.columns.items()},
            place=table.place,
        )
        self._refuse_improbable(lines)
        return lines

    def _symbols(self, table: "Columns", panel: Panel) -> dict[str, Any]:
        from components.tables.columns import texts

        if self.symbol_column is None:
            if len(panel.symbols) > 1:
                raise DataError(
                    f"{self.path}: no column names the symbol, and the bars have {len(panel.symbols)}; name it with "
                    "model.symbol_column=COLUMN"
                )
            return {"symbols": panel.symbols, "codes_N": np.zeros(table.n_rows, dtype=np.int64)}
        texts_N = texts(table, self.symbol_column)
        if (nameless_N := np.array([text is None for text in texts_N], dtype=bool)).any():
            row = int(nameless_N.argmax())
            raise DataError(f"{self.path}: {table.place(row)}: no symbol ({self.symbol_column}); mend it")
        names_U, codes_N = np.unique(texts_N.astype(str), return_inverse=True)
        return {"symbols": tuple(names_U.tolist()), "codes_N": codes_N.astype(np.int64)}

    def _times(self, table: "Columns", column: str, panel: Panel) -> Any:
        """(N,) times of a column as the panel has them."""
        from components.tables import times
        from components.tables.stamps import are_days
        from components.tables.unread import Unread

        try:
            found_N = times.placed(times.read(table.raw[column], date_format=self.date_format), self.time_zone)
        except Unread as unread:
            raise DataError(f"{self.path}: {unread.text(table.place)}") from None
        if not len(found_N) or not are_days(found_N) or are_days(panel.timestamps_R):
            return found_N
        if self.dates_mean is None:
            raise Ask(
                f"{self.path}: {table.place(0)}: {str(found_N[0])[:10]} ({column}) is a date, and the bars have times "
                "of day: it may be made as that day begins or when it is over",
                ("model.dates_mean=begin", "model.dates_mean=end"),
            )
        return found_N + np.timedelta64(1, "D") if self.dates_mean == "end" else found_N

    def _refuse_improbable(self, lines: Lines) -> None:
        if UP not in lines.values:
            return
        up_N = lines.values[UP]
        beyond_N = (up_N < 0) | (up_N > 1)
        if beyond_N.any():
            row = int(beyond_N.argmax())
            raise DataError(
                f"{self.path}: {lines.place(row)}: {up_N[row]:g} ({self.columns[UP]}) is no probability, which lies "
                "between 0 and 1; mend it"
            )

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        probabilities = loss.head.statistic == "probability"
        return HandedOn(n_features=len(train.columns), width=loss.head.width, probabilities=probabilities)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return HandedOn(**json.loads(files[FILE]))


@dataclass(frozen=True, kw_only=True)
class HandedOn(FittedModel):
    """f(x) = the first columns, kept within 0 and 1 where they are probabilities."""

    n_features: int
    width: int
    probabilities: bool

    def predict(self, samples: Samples) -> Float:
        values_NO = samples.X_NF[:, : self.width].astype(np.float64)
        return np.clip(values_NO, 0.0, 1.0) if self.probabilities else values_NO

    def to_files(self) -> dict[str, bytes]:
        return {FILE: json.dumps(asdict(self)).encode()}

    def to_onnx(self) -> "onnx.ModelProto":
        from onnx import helper

        constants: dict[str, Any] = {"columns": np.arange(self.width)}
        picked = "forecast" if not self.probabilities else "picked"
        nodes = [helper.make_node("Gather", ["features", "columns"], [picked], axis=1)]
        if self.probabilities:
            constants |= {"least": np.array(0, dtype=np.float32), "most": np.array(1, dtype=np.float32)}
            nodes.append(helper.make_node("Clip", ["picked", "least", "most"], ["forecast"]))
        return forecast_graph(nodes, constants, self.n_features, n_outputs=self.width)


def _level(name: str) -> float:
    """Of a quantile's name; -1 for any other."""
    try:
        return float(name[1:].replace("_", ".")) / 100 if name.startswith("q") else -1.0
    except ValueError:
        return -1.0


def _field(name: str) -> str:
    """The field that an output becomes."""
    return f"claimed_{name}"
