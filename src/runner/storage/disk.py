"""Writing to disk: whole or not at all, and failing in one line that names the folder."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.errors import OutputError

_ELSEWHERE = "choose another output folder"
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), f"free some space or {_ELSEWHERE}"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), f"make it writable or {_ELSEWHERE}"),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), f"remove the file that is in the way or {_ELSEWHERE}"),
}


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns an OSError of the block into an OutputError: folder, reason, remedy."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        remedy = _REMEDIES.get(error.errno or 0, _ELSEWHERE)
        raise OutputError(f"{folder}: cannot write: {reason}; {remedy}") from error


def sync_folder(folder: Path) -> None:
    """Makes renames inside a folder survive a power cut, where the platform allows it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_synced(path: Path, data: bytes | memoryview) -> None:
    """Writes a new file through to the disk. Raises FileExistsError if it is there already."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_atomically(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Writes or replaces a file; a reader sees the old content or the new one, never a part.

    synced: it survives a power cut; else only once `sync_file` was called. Raises OutputError naming the folder.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with writing(path.parent):
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if synced:
                write_synced(partial, data)
            else:
                partial.write_bytes(data)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        if synced:
            sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Makes the content of a file survive a power cut. Raises OutputError naming the folder."""
    with writing(path.parent), path.open("rb") as file:
        os.fsync(file.fileno())
