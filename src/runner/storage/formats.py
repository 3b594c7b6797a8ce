"""Values as data files and back: arrays, tables, JSON; never pickle."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from components.errors import ContractError
from runner.storage.canonical import finite_or_null

if TYPE_CHECKING:
    import pandas as pd

Files = Mapping[str, bytes]
"""Relative file name -> content."""

Arrays = Mapping[str, npt.NDArray[Any]]
T = TypeVar("T")


class Format(Protocol[T]):
    """How a value is written down. The same value gives the same bytes."""

    def encode(self, value: T) -> Files: ...

    def decode(self, files: Files) -> T: ...


class _FilesFormat:
    def encode(self, value: Files) -> Files:
        return value

    def decode(self, files: Files) -> Files:
        return files


class _ArraysFormat:
    """name -> array of any shape, in one uncompressed npz without times. Raises ContractError for objects."""

    def encode(self, value: Arrays) -> Files:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in sorted(value):
                member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                if value[name].dtype.hasobject:
                    raise ContractError(f"{name}: an array of objects cannot be stored; use numbers, times or texts")
                with archive.open(member, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, value[name], allow_pickle=False)
        return {"arrays.npz": buffer.getvalue()}

    def decode(self, files: Files) -> dict[str, npt.NDArray[Any]]:
        with np.load(io.BytesIO(files["arrays.npz"]), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


class _FrameFormat:
    """A DataFrame with text column names and the default index, as parquet; NaN is stored as null."""

    def encode(self, value: "pd.DataFrame") -> Files:
        return {"frame.parquet": parquet_bytes(value)}

    def decode(self, files: Files) -> "pd.DataFrame":
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(files["frame.parquet"]))
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
        return frame


class _JsonFormat:
    """Plain values, also NaN and infinities, which JSON proper does not know; tuples come back as lists."""

    def encode(self, value: Any) -> Files:
        return {"value.json": json.dumps(value, sort_keys=True, indent=1).encode()}

    def decode(self, files: Files) -> Any:
        return json.loads(files["value.json"])


def json_bytes(value: Any) -> bytes:
    """Plain values as a file of a run folder; numbers that are not finite become null."""
    return (json.dumps(finite_or_null(value), indent=1, ensure_ascii=False) + "\n").encode()


def parquet_bytes(frame: "pd.DataFrame") -> bytes:
    """Parquet without pandas' metadata. Raises ContractError for what parquet would silently change."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not all(isinstance(name, str) for name in frame.columns) or frame.columns.has_duplicates:
        raise ContractError(f"columns {list(frame.columns)}: a stored table needs distinct texts as column names")
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        raise ContractError("a stored table needs the default index; call reset_index() first")
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException as error:
        raise ContractError(f"the table cannot be stored: {error.args[0]}") from error
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), sink, compression="zstd")
    return sink.getvalue()


FILES: Format[Files] = _FilesFormat()
ARRAYS = _ArraysFormat()
FRAME: Format["pd.DataFrame"] = _FrameFormat()
JSON: Format[Any] = _JsonFormat()
