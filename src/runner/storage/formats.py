"""Values as data files and back: arrays, tables, JSON; never pickle."""

import io
import json
import math
import struct
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
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
        data = files["arrays.npz"]
        try:
            return dict(_members(data))
        except (_Foreign, ValueError, KeyError, struct.error):
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}


class _Foreign(Exception):
    """An npz that `_ArraysFormat` did not write."""


def _members(data: bytes) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The arrays of an npz as `_ArraysFormat` writes it, member by member: numpy's reader takes five times as long, and
    a fold's forecasts are read more often than anything else."""
    place = 0
    while data[place : place + 4] == b"PK\x03\x04":
        flags, method = struct.unpack_from("<HH", data, place + 6)
        n_name, n_extra = struct.unpack_from("<HH", data, place + 26)
        extra = place + 30 + n_name
        if flags & 8 or method or n_extra != 20 or data[extra : extra + 4] != b"\x01\x00\x10\x00":
            raise _Foreign
        (size,) = struct.unpack_from("<Q", data, extra + 4)
        begin = extra + n_extra
        (n_header,) = struct.unpack_from("<H", data, begin + 8)
        shape, fortran, dtype = _header(data[begin : begin + 10 + n_header])
        flat = np.frombuffer(data, dtype, count=math.prod(shape), offset=begin + 10 + n_header)
        name = data[place + 30 : extra].decode().removesuffix(".npy")
        yield name, flat.reshape(shape, order="F" if fortran else "C").copy(order="K")
        place = begin + size
    if data[place : place + 4] not in (b"PK\x01\x02", b"PK\x05\x06"):
        raise _Foreign


@lru_cache(maxsize=256)
def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran's order, and type. Raises _Foreign for another version than 1.0 or for objects."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise _Foreign
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise _Foreign
    return shape, fortran, dtype


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
