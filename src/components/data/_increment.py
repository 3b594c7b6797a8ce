"""Reading only what is newer than what was kept: bit-equal to reading all, or reading all."""

import io
from typing import TYPE_CHECKING

import numpy as np

from components.data import _fetched
from components.data._database import Digest, Selection

if TYPE_CHECKING:
    import pyarrow as pa

DIGEST, UNTIL = b"digest", b"until"


def read_increment(selection: Selection, since: np.datetime64 | None, folder: str) -> "pa.Table":
    """The rows at or after `since`, in any order.

    Kept are all rows before the newest timestamp, whose bars may still change or be incomplete, with a
    digest of them. Next time the database computes the digest of the same span: if it is the same, only
    the rows after that span are read.
    """
    import pyarrow as pa

    key = f"{selection.text()}\nsince {since}"
    kept = _recall(folder, key)
    if kept is not None:
        table, digest, until = kept
        if selection.digest(since, until) == digest:
            newer = selection.rows(until)
            table = pa.concat_tables([table, newer])
            _keep(selection, table, until, digest, folder, key)
            return table
    table = selection.rows(since)
    _keep(selection, table, since, Digest(count=0, total=0), folder, key)
    return table


def _keep(
    selection: Selection, table: "pa.Table", start: np.datetime64 | None, before: Digest, folder: str, key: str
) -> None:
    """Keeps the rows before the newest timestamp; `before` is the digest of those before `start`."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    newest = pc.max(table["timestamp"]).as_py()
    if newest is None or (start is not None and newest == start.astype(np.int64)):
        return
    until = np.datetime64(newest, "us")
    digest = before + selection.digest(start, until)
    metadata = {DIGEST: f"{digest.count} {digest.total}", UNTIL: str(newest)}
    kept = table.filter(pc.less(table["timestamp"], newest)).replace_schema_metadata(metadata)
    sink = io.BytesIO()
    pq.write_table(kept, sink, compression="zstd")
    _fetched.keep(folder, key, sink.getvalue())


def _recall(folder: str, key: str) -> "tuple[pa.Table, Digest, np.datetime64] | None":
    import pyarrow.parquet as pq

    content = _fetched.recall(folder, key)
    if content is None:
        return None
    table = pq.read_table(io.BytesIO(content))
    count, total = table.schema.metadata[DIGEST].split()
    until = np.datetime64(int(table.schema.metadata[UNTIL]), "us")
    return table.replace_schema_metadata(None), Digest(count=int(count), total=int(total)), until
