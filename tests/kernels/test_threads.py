"""Threads: order of results, errors, nesting, BLAS restored, life after fork."""

import multiprocessing
import threading
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from seqkit.kernels import threads as module
from seqkit.kernels.threads import Beside, parallel, single_blas, thread_count, use_threads


def blas_threads() -> list[int]:
    # SciPy brings a BLAS of its own, which seqkit never calls; other tests may have loaded it.
    return [
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas" and "scipy.libs" not in library["filepath"]
    ]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order(threads: int) -> None:
    with use_threads(threads):
        assert parallel(*(lambda k=k: k * k for k in range(20))) == [k * k for k in range(20)]
        assert parallel() == []


def test_two_threads_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=20)
    with use_threads(2):
        assert sorted(parallel(meeting.wait, meeting.wait)) == [0, 1]


def test_no_more_threads_than_allowed() -> None:
    with use_threads(4):
        parallel(*[lambda: None] * 8)
    running, most = [], []
    gate = threading.Event()

    def work() -> None:
        running.append(1)
        most.append(len(running))
        gate.wait(0.01)
        running.pop()

    with use_threads(2):
        parallel(*[work] * 8)
    assert max(most) <= 2


def test_inside_a_task_everything_is_in_sequence() -> None:
    def inner() -> tuple[int, set[str]]:
        names = parallel(*[lambda: threading.current_thread().name] * 4)
        return thread_count(), set(names)

    with use_threads(3):
        for count, names in parallel(inner, inner, inner):
            assert count == 1
            assert len(names) == 1
        assert thread_count() == 3


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_error_is_raised_after_all_have_ended(threads: int) -> None:
    ended = []

    def fail(text: str) -> None:
        raise RuntimeError(text)

    with use_threads(threads), pytest.raises(RuntimeError, match="one"):
        parallel(
            lambda: ended.append(1),
            lambda: fail("one"),
            lambda: fail("two"),
            lambda: ended.append(2),
        )
    assert ended[0] == 1
    if threads > 1:
        assert sorted(ended) == [1, 2]


def test_a_helper_that_comes_too_late_leaves_blas_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()
    with use_threads(2):
        assert parallel(lambda: 1, lambda: 2) == [1, 2]
        for _ in range(module._pool.workers):  # all of them wait
            module._pool.submit(lambda: (begun.set(), go_on.wait(10)), 1)
        assert begun.wait(10)
        assert parallel(lambda: 3, lambda: 4) == [3, 4]  # alone; what was to help is in the queue
    settings: list[list[int]] = []
    monkeypatch.setattr(module._Libraries, "set", lambda self, counts: settings.append(counts))
    go_on.set()
    module._pool.submit(done.set, 1)
    assert done.wait(10)
    assert settings == []


def test_tasks_see_the_callers_error_state() -> None:
    def divide() -> Any:
        return np.ones(1) / np.zeros(1)

    with use_threads(2), np.errstate(divide="ignore"):
        assert np.isinf(parallel(*[divide] * 8)).all()


def test_blas_is_limited_inside_and_restored_outside() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with use_threads(2):
            assert set(blas_threads()) == {1}
            with single_blas(), use_threads(1):
                assert set(blas_threads()) == {1}
            assert set(blas_threads()) == {1}
        assert blas_threads() == before
        with pytest.raises(RuntimeError), use_threads(2):
            raise RuntimeError
        assert blas_threads() == before


def test_blocks_of_two_threads_may_overlap() -> None:
    with threadpool_limits(2, user_api="blas"):
        before, inside, leave = blas_threads(), threading.Event(), threading.Event()

        def other() -> None:
            with single_blas():
                inside.set()
                leave.wait(20)

        thread = threading.Thread(target=other)
        with single_blas():
            thread.start()
            inside.wait(20)
        assert set(blas_threads()) == {1}
        leave.set()
        thread.join()
        assert blas_threads() == before


def test_counts() -> None:
    default = thread_count()
    assert default >= 1
    with use_threads(3):
        assert thread_count() == 3
        with use_threads(None):
            assert thread_count() == 3
        with use_threads(1):
            assert thread_count() == 1
        assert thread_count() == 3
    assert thread_count() == default
    with pytest.raises(ValueError, match="at least 1, found 0"), use_threads(0):
        pass


def _in_child(queue: Any) -> None:
    with use_threads(2):
        queue.put(parallel(lambda: 1, lambda: 2))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_its_own_pool() -> None:
    with use_threads(2):
        parallel(lambda: 1, lambda: 2)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get() == [1, 2]
    child.join(20)
    assert child.exitcode == 0


def _report_blas(queue: Any) -> None:
    with use_threads(2):
        pass
    queue.put(blas_threads())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_does_not_inherit_the_limit_of_a_thread_that_it_has_not() -> None:
    limited, over = threading.Event(), threading.Event()

    def limit() -> None:
        with single_blas():
            limited.set()
            over.wait(20)

    with threadpool_limits(2, user_api="blas"):
        wanted = blas_threads()
        other = threading.Thread(target=limit)
        other.start()
        assert limited.wait(20)
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        child = context.Process(target=_report_blas, args=(queue,))
        child.start()
        assert queue.get() == wanted
        child.join(20)
        over.set()
        other.join(20)


@pytest.mark.parametrize("threads", [1, 3])
def test_beside(threads: int) -> None:
    done: list[int] = []
    with use_threads(threads):
        beside = Beside()
        for k in range(10):
            beside.run(lambda k=k: done.append(k))  # type: ignore[misc]
        beside.finish()
        assert sorted(done) == list(range(10))
        failing = Beside()

        def fail() -> None:
            failing.run(lambda: done.append(1 // 0))
            failing.finish()

        with pytest.raises(ZeroDivisionError):
            fail()
