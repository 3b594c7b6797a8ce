"""What the metadata of a file say that `fetch` wrote: where its bars are from, and what that vendor's bars are."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

KEY = b"assay.fetched"
Adjustment = Literal["raw", "split", "total"]
Survivorship = Literal["free", "biased", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """vendor: the choice of data that was asked; adjustment, survivorship: what its source declares."""

    vendor: str
    adjustment: Adjustment
    survivorship: Survivorship


def fetched(path: Path) -> Fetched | None:
    """Of a Parquet file that fetch wrote; None of any other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = json.loads((pq.read_schema(path).metadata or {})[KEY])
        found = (str(told["vendor"]), told["adjustment"], told["survivorship"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    if found[1] not in get_args(Adjustment) or found[2] not in get_args(Survivorship):
        return None
    return Fetched(vendor=found[0], adjustment=cast(Adjustment, found[1]), survivorship=cast(Survivorship, found[2]))
