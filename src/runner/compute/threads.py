"""How many threads libraries may use."""

from contextlib import AbstractContextManager


def one_thread_of_blas() -> AbstractContextManager[object]:
    """Linear algebra on one thread: its sums depend on the number of threads, and fits run side by side."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits
