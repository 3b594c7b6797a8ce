"""Kernels take the values that they are given, however these lie in memory."""

import numpy as np
import pytest

from components.expressions.kernels import stream_kernels, window_kernel


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_what_is_read_may_lie_in_memory_in_any_way(dtype: type) -> None:
    mean = window_kernel("moments.mean", 1, (int,), runs=True, several=False)
    values = np.arange(12).astype(dtype)
    expected, found = np.empty(12), np.empty(12)
    offsets, firsts = np.array([0, 12]), np.array([0])
    mean(values.astype(np.float64), offsets, firsts, 3, expected)
    for same in (np.column_stack([values, values])[:, 0], np.repeat(values, 2)[::2]):
        assert not same.flags.c_contiguous
        mean(same, offsets.astype(np.int32), firsts, 3, found)
        np.testing.assert_array_equal(found, expected)


def test_columns_picked_from_a_matrix_can_be_pushed() -> None:
    """numpy gives fields_IR[:, rows] in Fortran order where there are two rows and two columns or more."""
    begin, _, finish = stream_kernels()
    fields_IR = np.arange(12.0).reshape(3, 4)
    picked_IN = fields_IR[:, np.array([1, 3])]
    assert not picked_IN.flags.c_contiguous
    base_V, depth_V, codes_N = np.arange(3), np.ones(3, dtype=np.int64), np.arange(2)
    state_SV, counts_S = np.zeros((2, 3)), np.zeros(2, dtype=np.int64)
    begin(base_V, depth_V, state_SV, counts_S, codes_N, picked_IN)
    out_CN = np.empty((3, 2), dtype=np.float32)
    finish(base_V, depth_V, state_SV, counts_S, codes_N, np.arange(3), out_CN)
    np.testing.assert_array_equal(out_CN, picked_IN)


def test_a_result_is_never_written_to_a_copy() -> None:
    mean = window_kernel("moments.mean", 1, (int,), runs=True, several=False)
    with pytest.raises(TypeError, match="No matching definition"):
        mean(np.arange(4.0), np.array([0, 4]), np.array([0]), 2, np.empty(8)[::2])
