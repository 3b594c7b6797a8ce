"""Parquet and Feather files: their columns bear types, and their names may hold two levels."""

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import DataError, Unavailable
from components.tables.container import Kind, reason_of, refuse_inflating
from components.tables.levels import levels_of
from components.tables.looks import is_number
from components.tables.numbers import is_missing
from components.tables.shape import Shape, refuse_equal, refuse_wide

if TYPE_CHECKING:
    import pyarrow as pa

FIRST_ROWS = 1000
PAIR = re.compile(r"^\('.*', '.*'\)$")
"""How pandas writes a column name of two levels."""


def shape_of_arrow(path: Path, kind: Kind) -> Shape:
    """Names, and levels where pandas wrote names as pairs. Raises DataError where the file cannot be opened."""
    schema, rows = _schema(path, kind)
    refuse_inflating(path, rows)
    refuse_wide(path, len(schema.names))
    names = tuple(str(name) for name in schema.names)
    pairs = [place for place, name in enumerate(names) if PAIR.match(name)]
    levels = None
    if len(pairs) > 1 and len(names) - len(pairs) <= 1:
        ordered = [place for place in range(len(names)) if place not in pairs] + pairs
        if len(ordered) > len(pairs):
            told = [ast.literal_eval(names[place]) for place in pairs]
            key = names[ordered[0]]
            levels = levels_of([["", *(pair[0] for pair in told)], [key, *(pair[1] for pair in told)]], len(ordered))
            if levels is not None:
                known = dict(zip(ordered, levels.names, strict=True))
                names = tuple(known[place] for place in range(len(names)))
    if levels is None:
        refuse_equal(path, names)
    return Shape(kind=kind, names=names, levels=levels)


def _schema(path: Path, kind: Kind) -> "tuple[pa.Schema, int]":
    with _readable(path):
        if kind == "parquet":
            import pyarrow.parquet as pq

            metadata = pq.read_metadata(path)
            return metadata.schema.to_arrow_schema(), int(metadata.num_rows)
        import pyarrow as pa

        with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
            counts = [reader.get_batch(i).num_rows for i in range(reader.num_record_batches)]
            return reader.schema, sum(counts)


def columns_of_arrow(path: Path, shape: Shape, wanted: Sequence[int], texts: Sequence[int]) -> "list[pa.ChunkedArray]":
    """The columns at the wanted places; those of texts as dictionaries."""
    import pyarrow as pa

    with _readable(path):
        if shape.kind == "parquet":
            import pyarrow.parquet as pq

            schema = pq.read_schema(path)
            stored = schema.names
            spelt = [stored[place] for place in texts if _is_text(schema.types[place])]
            with pq.ParquetFile(path, read_dictionary=spelt) as file:
                table = file.read(columns=[stored[place] for place in wanted], use_pandas_metadata=False)
            return [table.column(stored[place]) for place in wanted]
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
            table = reader.read_all()
            return [table.column(place) for place in wanted]


def names_without_numbers(path: Path, shape: Shape) -> list[str]:
    """Columns of other types than numbers, but for texts of which one among the first is a number."""
    import pyarrow as pa

    kinds = pa.types
    numeric = (kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_decimal, kinds.is_null)
    schema, _ = _schema(path, shape.kind)
    others = [place for place, kind in enumerate(schema.types) if not any(test(kind) for test in numeric)]
    texts = [place for place in others if _is_text(schema.types[place])]
    spelt = [place for place in texts if any(map(is_number, _first_cells(path, shape, place)))]
    return [shape.names[place] for place in others if place not in spelt]


def strange_types(path: Path, shape: Shape) -> dict[str, str]:
    """column -> type, of those that hold neither numbers nor texts, times or truths: lists, structures, bytes."""
    import pyarrow as pa

    kinds = pa.types
    strange = (kinds.is_nested, kinds.is_binary, kinds.is_large_binary, kinds.is_fixed_size_binary)
    schema, _ = _schema(path, shape.kind)
    of = zip(shape.names, schema.types, strict=True)
    return {name: str(kind) for name, kind in of if any(test(kind) for test in strange)}


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _first_cells(path: Path, shape: Shape, place: int) -> list[str]:
    """The first cells of a column of texts that say something."""
    import pyarrow.parquet as pq

    with _readable(path):
        if shape.kind == "parquet":
            stored = pq.read_schema(path).names[place]
            with pq.ParquetFile(path) as file:
                batch = next(file.iter_batches(batch_size=FIRST_ROWS, columns=[stored]), None)
            cells = [] if batch is None else batch.column(0).to_pylist()
        else:
            cells = columns_of_arrow(path, shape, [place], [])[0].slice(0, FIRST_ROWS).to_pylist()
    return [cell for cell in cells if cell is not None and not is_missing(cell)]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise Unavailable(f"{path}: cannot be read: {reason_of(error)}; write it anew") from None
