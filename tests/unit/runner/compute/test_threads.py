"""Linear algebra on one thread."""

import sys

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from runner.compute.threads import _loaded, one_thread_of_blas


def blas():
    return {each["filepath"]: each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_it_lasts_as_long_as_the_block_and_what_was_set_before_comes_back():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas()
        for _ in range(2):
            with one_thread_of_blas():
                assert set(blas().values()) == {1}
                with one_thread_of_blas():
                    assert set(blas().values()) == {1}
                assert set(blas().values()) == {1}
            assert blas() == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere libraries are looked for each time")
def test_a_library_that_is_loaded_later_is_seen(tmp_path):
    import _ctypes
    import ctypes
    import shutil

    before = _loaded()
    assert before is not None
    assert _loaded() == before
    copy = tmp_path / "another.so"
    shutil.copy(_ctypes.__file__, copy)
    ctypes.CDLL(str(copy))
    assert _loaded()[0] == before[0] + 1
