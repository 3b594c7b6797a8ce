"""What kind of file a table is in, told by its first bytes, and the bytes of a text file."""

import gzip
import math
import os
import shlex
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

from components.errors import DataError, Problem, Unavailable

Kind = Literal["text", "parquet", "feather", "excel"]

BLOCK_BYTES = 1 << 24
ROW_BYTES = 16
INFLATED_BYTES, MOST_INFLATION = 1 << 29, 200
"""What is compressed and becomes both larger than the one and more often its size than the other is no table."""
GZIP = b"\x1f\x8b"
KINDS: tuple[tuple[bytes, Kind], ...] = ((b"PAR1", "parquet"), (b"ARROW1", "feather"), (b"PK\x03\x04", "excel"))
CLAIMED: dict[str, Kind] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
TABLES = (".csv", ".txt", ".tsv", ".tab", ".dat", ".prn", ".gz", *CLAIMED)
"""Endings of the files that a folder is searched for."""
OTHERS = (
    (b"FEA1", "is a Feather file of the first version; write it anew as Feather 2 or Parquet"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save it as .xlsx or CSV"),
    (b"BZh", "is packed by bzip2; unpack it, or pack it by gzip"),
    (b"\xfd7zXZ", "is packed by xz; unpack it, or pack it by gzip"),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd; unpack it, or pack it by gzip"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it"),
    (b"Rar!", "is a RAR archive; unpack it"),
    (b"%PDF", "is a PDF; give the table as CSV"),
    (b"SQLite format 3", "is an SQLite database; read it with data=sql, or give the table as CSV"),
    (b"\x89HDF", "is an HDF5 file; give the table as Parquet or CSV"),
)
MARKUP = ("<!doctype", "<html", "<?xml", "<table")


def paths_of(text: str, *, setting: str = "data.path") -> list[Path]:
    """The files that a path, a pattern such as bars/*.csv or a folder names, sorted. Raises DataError if there is
    none."""
    import glob

    path = Path(text)
    if glob.has_magic(text) and not path.exists():
        # Path.glob takes no pattern that begins at the root.
        found = sorted(Path(name) for name in glob.glob(text, recursive=True))  # noqa: PTH207
        if not (files := [each for each in found if each.is_file()]):
            raise Unavailable(f"{text}: no file fits this pattern; mend {setting}")
        return files
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in TABLES and not p.name.startswith((".", "~$")))
        if not files:
            raise Unavailable(f"{text}: the folder holds no table ({', '.join(TABLES)}); mend {setting}")
        return files
    if not path.is_file():
        raise Unavailable(_missing(text, path, setting))
    return [path]


def _missing(text: str, path: Path, setting: str) -> Problem:
    from difflib import get_close_matches

    entries = path.parent.iterdir() if path.parent.is_dir() else ()
    names = [entry.name for entry in entries if entry.exists()]
    near = get_close_matches(path.name, names, n=1, cutoff=0.8)
    hint = f"did you mean '{near[0]}'?" if near else f"give an existing CSV or Parquet file in {setting}"
    fix = tuple(shlex.quote(str(path.with_name(name))) for name in near)
    return Problem(text, "no such file", hint, code="no_such_file", value=text, fix=fix)


def kind_of(path: Path) -> Kind:
    """Told by the first bytes; raises DataError for what is no table, saying what it is."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
        packed = head.startswith(GZIP)
        if packed:
            with opened(path) as file:
                head = file.read(512)
    except FileNotFoundError:
        raise Unavailable(f"{path}: no such file; give an existing CSV or Parquet file in data.path") from None
    except OSError as error:
        raise Unavailable(f"{path}: cannot be read: {error.strerror or error}") from None
    found: Kind = next((kind for magic, kind in KINDS if head.startswith(magic)), "text")
    if packed and found != "text":
        raise DataError(f"{path}: is a packed {found.title()} file; unpack it")
    if found == "excel" and not _is_workbook(path):
        raise DataError(f"{path}: is a zip archive; unpack it")
    for magic, says in OTHERS:
        if head.startswith(magic):
            raise DataError(f"{path}: {says}")
    claimed = CLAIMED.get(path.suffix.lower())
    if claimed in ("parquet", "feather", "excel") and found == "text":
        raise Unavailable(
            f"{path}: cannot be read: it is no {claimed.title()} file; it was cut off or is misnamed; write it anew"
        )
    if found == "text":
        _refuse_markup(path, head)
    return found


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except zipfile.BadZipFile:
        raise Unavailable(f"{path}: cannot be unpacked; it was cut off or damaged") from None


def _refuse_markup(path: Path, head: bytes) -> None:
    start = head.decode("latin-1").removeprefix("ï»¿").lstrip().lower()
    if start.startswith(MARKUP):
        raise DataError(f"{path}: is a web page or XML, no table; download the file itself")
    if start.startswith(("{", "[{", "[[")):
        raise DataError(f"{path}: is JSON, no table; write it as CSV or Parquet")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a text file, unpacked where they are packed. Raises DataError where they cannot be unpacked."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unavailable(f"{path}: cannot be unpacked: {reason_of(error)}; it was cut off or damaged") from None


def blocks(path: Path) -> Iterator[bytes]:
    """All bytes of a text file. Raises DataError for what inflates beyond measure."""
    read, size = 0, path.stat().st_size
    with opened(path) as stream:
        while block := stream.read(BLOCK_BYTES):
            read += len(block)
            if read > INFLATED_BYTES and read > MOST_INFLATION * size:
                raise DataError(f"{path}: inflates to more than {MOST_INFLATION} times its size; unpack and check it")
            yield block


def refuse_inflating(path: Path, rows: int) -> None:
    """A file may claim more rows than fit into memory: a time and one value each are the least."""
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if rows * ROW_BYTES > held:
        raise DataError(
            f"{path}: {rows:,} rows, which take {rows * ROW_BYTES / 2**30:,.0f} GiB at least and this machine has "
            f"{held / 2**30:,.0f}; give a part of them"
        )


def symbol_of(path: Path) -> str:
    """The name of a file without its endings."""
    name = path.name.removesuffix(".gz")
    return name[: -len(Path(name).suffix)] if Path(name).suffix else name


def reason_of(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
