"""The lines of a text file: in which encoding, and which of them are rows."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.errors import DataError
from components.tables.container import blocks, opened

HEAD_BYTES = 1 << 18
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = ("cp1252", "latin-1")
UNICODE = ("utf-8", "utf-8-sig")
BREAK = re.compile(r"\r\n|\r|\n")
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
FOREIGN = re.compile(rb"[\x80-\xff]{4,}")
"""Western texts hold single letters beyond ASCII; longer runs are written in other scripts."""
TAIL_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What one pass over the bytes of a file tells.

    lines   as many as it has, or a few more
    tail    its last bytes
    marked  whether what was looked for is there
    quoted  whether any cell may be quoted
    utf8    whether all of it is UTF-8
    """

    lines: int
    tail: bytes
    marked: bool
    quoted: bool
    utf8: bool


def encoding_of(path: Path) -> str:
    """The codec of a text file, by its beginning: a byte order mark, UTF-8, or Western (cp1252). Raises DataError for
    what is no text, and for other scripts, whose encoding must be told."""
    with opened(path) as stream:
        return _encoding(path, stream.read(HEAD_BYTES))


def _encoding(path: Path, data: bytes) -> str:
    if (marked := next((name for mark, name in MARKS if data.startswith(mark)), None)) is not None:
        if marked == "utf-16" and len(data) % 2:
            raise DataError(f"{path}: cannot be read: it is UTF-16 that was cut off")
        return marked
    start = data[:4096]
    nulls = start.count(0)
    if nulls * 5 > 2 * len(start):
        return "utf-16-le" if start[1::2].count(0) * 2 > nulls else "utf-16-be"
    if CONTROL.search(data) or nulls * 8 > len(start):
        raise DataError(f"{path}: cannot be read: it is no text; give a CSV, Parquet, Feather or Excel file")
    if is_utf8(codecs.getincrementaldecoder("utf-8")(), data):
        return "utf-8"
    if FOREIGN.search(data):
        raise DataError(
            f"{path}: is not in UTF-8; name its encoding in data.encoding, such as gb18030, shift_jis or cp1251"
        )
    return next(name for name in WESTERN if _decodes(data, name))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def is_utf8(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    """Whether one more block goes on as UTF-8."""
    if block.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def head_lines(path: Path, encoding: str, most: int) -> list[str]:
    """The first lines without their ends."""
    with opened(path) as stream:
        data = stream.read(HEAD_BYTES * 4)
    return BREAK.split(_decoded(path, data, encoding, errors="ignore"), most)[:most]


def scanned(path: Path, marks: Sequence[bytes]) -> Scan:
    """One pass over all bytes, looking for any of the marks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, tail, marked, quoted, utf8 = 1, b"", False, False, True
    keep = max(map(len, marks), default=1) - 1
    for block in blocks(path):
        if b"\0" in block and not _is_wide(tail or block):
            line = lines + len(re.findall(rb"\r\n|\r|\n", block[: block.index(0)]))
            raise DataError(f"{path}: line {line}: holds a NUL character; mend the line")
        seam = tail[-keep:] + block[:keep] if keep else b""
        marked = marked or any(mark in seam or _holds(block, mark) for mark in marks)
        quoted, utf8 = quoted or b'"' in block, utf8 and is_utf8(decoder, block)
        lines += max(block.count(b"\n"), block.count(b"\r") if b"\r" in block else 0)
        tail = (tail + block)[-TAIL_BYTES:] if len(block) < TAIL_BYTES else block[-TAIL_BYTES:]
    return Scan(lines=lines, tail=tail, marked=marked, quoted=quoted, utf8=utf8)


def _holds(block: bytes, mark: bytes) -> bool:
    """Whether a mark, which begins with a line's end, is in a block: looked for by its rarer parts first."""
    return mark[:1] in block and mark[1:2] in block and mark in block


def _is_wide(data: bytes) -> bool:
    """Whether characters take two or more bytes."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data[:4096].count(0) * 5 > 2 * len(
        data[:4096]
    )


def whole_text(path: Path, encoding: str) -> str:
    """The file as text, a byte order mark apart. What begins as UTF-8 and goes on otherwise is Western."""
    data = b"".join(blocks(path))
    if encoding == "utf-8":
        encoding = _encoding(path, data)
    return _decoded(path, data, encoding).removeprefix("\ufeff")


def _decoded(path: Path, data: bytes, encoding: str, errors: str = "strict") -> str:
    try:
        return data.decode(encoding, errors)
    except LookupError:
        raise DataError(f"{path}: '{encoding}' is no encoding (data.encoding); write utf-8 or cp1252, say") from None
    except UnicodeDecodeError as error:
        line = len(BREAK.findall(data[: error.start].decode(encoding, "ignore"))) + 1
        raise DataError(
            f"{path}: line {line}: cannot be read as {encoding}; mend the line or set data.encoding"
        ) from None


def split_lines(text: str) -> list[str]:
    """The lines without their ends."""
    lines = text.split("\n") if "\r" not in text else BREAK.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file in UTF-8, one by one, with their ends."""
    with opened(path) as stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as lines:
        yield from lines


def cells_of(path: Path, lines: Iterable[str], delimiter: str, first: int = 1) -> Iterator[tuple[int, list[str]]]:
    """(number of its last line, cells) of every row that is not empty."""
    if delimiter == " ":
        yield from ((n, line.split()) for n, line in enumerate(lines, first) if line.strip())
        return
    reader = csv.reader((line if line.endswith(("\n", "\r")) else line + "\n" for line in lines), delimiter=delimiter)
    try:
        yield from ((reader.line_num + first - 1, cells) for cells in reader if cells)
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num + first - 1}: cannot be read: {error}; mend the line") from None
