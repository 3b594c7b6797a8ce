"""Boosted trees of three questions over binned columns: enough to see what several columns tell together."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from components.compilation import compiled, read

DEPTH = 3
LEAVES = 2**DEPTH


@cache
def boosted() -> Callable[..., None]:
    """(bin_NK, n_bins, y_K, train_K, rounds, rate, fewest, said_K, gain_N): adds to said_K what the trees say of all
    rows, fitted on those with train_K = 1, and to gain_N what each column's questions explained."""
    integer = numba.int64
    floats = numba.types.Array(numba.float64, 1, "C")
    return compiled(
        _boosted,
        read(numba.uint8, 2),
        integer,
        read(numba.float64),
        read(numba.int64),
        integer,
        numba.float64,
        integer,
        floats,
        floats,
    )


def _boosted(
    bin_NK: Any, n_bins: Any, y_K: Any, train_K: Any, rounds: Any, rate: Any, fewest: Any, said_K: Any, gain_N: Any
) -> None:
    n_columns, n_rows = bin_NK.shape
    node_K = np.empty(n_rows, np.int64)
    count = np.empty((LEAVES, n_bins))
    total = np.empty((LEAVES, n_bins))
    best = np.empty(LEAVES)
    column = np.empty(LEAVES, np.int64)
    edge = np.empty(LEAVES, np.int64)
    for _ in range(rounds):
        node_K[:] = 0
        nodes = 1
        for _depth in range(DEPTH):
            best[:nodes] = 0.0
            column[:nodes] = -1
            for n in range(n_columns):
                count[:nodes] = 0.0
                total[:nodes] = 0.0
                for k in range(n_rows):
                    if train_K[k] == 1:
                        count[node_K[k], bin_NK[n, k]] += 1.0
                        total[node_K[k], bin_NK[n, k]] += y_K[k] - said_K[k]
                for node in range(nodes):
                    all_n = count[node].sum()
                    all_y = total[node].sum()
                    low_n = low_y = 0.0
                    for b in range(n_bins - 1):
                        low_n += count[node, b]
                        low_y += total[node, b]
                        high_n = all_n - low_n
                        if low_n < fewest or high_n < fewest:
                            continue
                        high_y = all_y - low_y
                        gain = low_y * low_y / low_n + high_y * high_y / high_n - all_y * all_y / all_n
                        if gain > best[node]:
                            best[node] = gain
                            column[node] = n
                            edge[node] = b
            for k in range(n_rows):
                node = node_K[k]
                high = column[node] >= 0 and bin_NK[column[node], k] > edge[node]
                node_K[k] = 2 * node + (1 if high else 0)
            for node in range(nodes):
                if column[node] >= 0:
                    gain_N[column[node]] += best[node]
            nodes *= 2
        leaf_n = np.zeros(LEAVES)
        leaf_y = np.zeros(LEAVES)
        for k in range(n_rows):
            if train_K[k] == 1:
                leaf_n[node_K[k]] += 1.0
                leaf_y[node_K[k]] += y_K[k] - said_K[k]
        for k in range(n_rows):
            leaf = node_K[k]
            if leaf_n[leaf] > 0:
                said_K[k] += rate * leaf_y[leaf] / leaf_n[leaf]
