"""Any table of a CSV or Parquet file, examined for columns that look into the future."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.errors import DataError
from components.leaks.examination import examine
from components.leaks.examined import MIN_ROWS, Block, Examination
from runner.storage.plain_table import numeric, read_table, require_column, times

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1e100
"""Beyond it squares of sums overflow; no market quantity is so large."""


def examined(
    path: Path, *, time: str, symbol: str | None, target: str, known: Literal["at", "after"] | None
) -> tuple[Examination, dict[str, str]]:
    """What the columns know of later rows, and the columns that hold no numbers, with the reason.

    known: when the target is, relative to its row's time; None: find out. Raises DataError where no symbol has
    enough values of the target to tell a leak from chance.
    """
    from threadpoolctl import threadpool_limits

    blocks, unread = load_blocks(path, time=time, symbol=symbol, target=target)
    with threadpool_limits(limits=1, user_api="blas"):  # many small products: threads would wait for each other
        examination = examine(blocks, target=target, known=known)
    if examination.n_symbols == 0:
        raise DataError(
            f"{path}: fewer than {MIN_ROWS} values of '{target}' in every symbol; too few to tell a leak from chance"
        )
    return examination, unread


def load_blocks(path: Path, *, time: str, symbol: str | None, target: str) -> tuple[list[Block], dict[str, str]]:
    """One block per symbol in time order, and the columns that hold no numbers, with the reason."""
    frame = read_table(path)
    for option, name in (("--time", time), ("--target", target), ("--symbol", symbol)):
        if name is not None:
            require_column(frame, name, option=option, path=path)
    columns, unread = _numbers(frame, {time, symbol})
    if target not in columns:
        raise DataError(f"{path}: --target {target}: {unread.get(target, 'holds no numbers')}")
    known = columns[target][np.isfinite(columns[target])]
    if len(known) >= MIN_ROWS and (known == known[0]).all():
        raise DataError(f"{path}: --target {target}: does not vary, so nothing can look ahead to it")
    stamps_R = times(frame, time, path)
    codes_R = frame[symbol].astype("string").fillna("").to_numpy() if symbol else np.full(len(frame), path.stem)
    order_R = np.lexsort((stamps_R, np.unique(codes_R, return_inverse=True)[1]))
    stamps_R, codes_R = stamps_R[order_R], codes_R[order_R]
    _refuse_duplicates(path, stamps_R, codes_R, symbol)
    cuts = np.flatnonzero(codes_R[1:] != codes_R[:-1]) + 1
    blocks = [
        Block(
            symbol=str(codes_R[rows[0]]),
            times_T=stamps_R[rows],
            columns={name: values_R[order_R[rows]] for name, values_R in columns.items()},
        )
        for rows in np.split(np.arange(len(frame)), cuts)
    ]
    return blocks, unread


def _numbers(frame: "pd.DataFrame", keys: set[str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    columns, unread = {}, {}
    for name in frame.columns:
        if name in keys:
            continue
        values_R = numeric(frame[name])
        if values_R is None:
            unread[name] = "holds no numbers"
        elif np.nanmax(np.abs(values_R), initial=0.0) > LARGEST:
            unread[name] = f"holds numbers beyond {LARGEST:g}"
        else:
            columns[name] = values_R
    return columns, unread


def _refuse_duplicates(path: Path, stamps_R: Any, codes_R: Any, symbol: str | None) -> None:
    same_R = (stamps_R[1:] == stamps_R[:-1]) & (codes_R[1:] == codes_R[:-1])
    if same_R.any():
        stamp = np.datetime_as_string(stamps_R[int(same_R.argmax())], unit="s").replace("T00:00:00", "")
        remedy = "drop one of them" if symbol else "name the column of the symbols with --symbol, or drop one of them"
        raise DataError(f"{path}: {same_R.sum()} times stand twice, the first is {stamp}; {remedy}")
