"""Threads whose number never changes a result.

BLAS adds in another order when it uses another number of threads. So inside seqkit BLAS always runs
on one thread, and seqkit splits work itself, always in the same way, over Python threads (NumPy
lets others run while it computes). How many of them there are then decides only how long it takes.

Example:
    >>> with use_threads(2):
    ...     parallel(lambda: 1 + 1, lambda: 2 + 2)
    [2, 4]
"""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar, copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from threadpoolctl import ThreadpoolController

__all__ = [
    "Beside",
    "in_halves",
    "inside_parallel",
    "parallel",
    "single_blas",
    "thread_count",
    "use_threads",
]

T = TypeVar("T")

_count: ContextVar[int | None] = ContextVar("seqkit_threads", default=None)
_inside: ContextVar[bool] = ContextVar("seqkit_inside_parallel", default=False)


def thread_count() -> int:
    """Return how many threads :func:`parallel` may use here: by default the cores we may run on."""
    return _count.get() or _cores()


def inside_parallel() -> bool:
    """Return whether this runs inside :func:`parallel`, on however many threads."""
    return _inside.get()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_threads(count: int | None = None) -> AbstractContextManager[None]:
    """Let seqkit use ``count`` threads inside the block; None leaves the number as it is.

    BLAS runs on one thread for the length of the block, and the caller's setting returns after it.
    Put it around a whole training step or prediction; blocks may be nested.

    Raises:
        ValueError: ``count`` is below 1.
    """
    if count is not None and count < 1:
        raise ValueError(f"threads must be at least 1, found {count}")
    return _Threads(count)


class _Threads(AbstractContextManager[None]):
    """A block that uses so many. Each prediction opens one, and a generator takes 2 µs longer."""

    def __init__(self, count: int | None) -> None:
        self.count = count

    def __enter__(self) -> None:
        _blas_limit.__enter__()
        self.before = _count.set(self.count or _count.get())

    def __exit__(self, *exception: object) -> None:
        _count.reset(self.before)
        _blas_limit.__exit__()


class _Libraries:
    """BLAS libraries that keep their number of threads alike: in the process, or in each thread.

    Looking for the libraries takes milliseconds, setting their threads a microsecond; so they are
    looked for once. NumPy has loaded its own by then, and no other matters here.
    """

    def __init__(self, libraries: list[Any]) -> None:
        self.libraries = libraries

    def set(self, counts: list[int]) -> list[int]:
        """Set the numbers of threads, and return what they were."""
        before = [library.get_num_threads() for library in self.libraries]
        for library, count in zip(self.libraries, counts, strict=True):
            # Newer versions of threadpoolctl obey only one thread; ours may be any.
            release = getattr(library, "clear_controlling_thread", None)
            if release is not None:
                release(force=True)
            library.set_num_threads(count)
            if release is not None:
                release(force=True)
        return before

    def limit(self) -> list[int]:
        """Set every library to one thread, and return what they were set to."""
        return self.set([1] * len(self.libraries))


class _BlasLimit:
    """Counts the open blocks: the first one limits BLAS, the last one restores it.

    OpenBLAS with its own threads and MKL have one setting for the process, so blocks of all threads
    are counted together; OpenBLAS with OpenMP has one for each thread, and a count beside it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.depth = 0
        self.saved: list[int] = []
        self.own = threading.local()
        self.libraries: tuple[_Libraries, _Libraries] | None = None

    def _find(self) -> tuple[_Libraries, _Libraries]:
        if self.libraries is None:
            every = ThreadpoolController().select(user_api="blas").lib_controllers
            own = [k for k in every if getattr(k, "threading_layer", "") == "openmp"]
            self.libraries = _Libraries([k for k in every if k not in own]), _Libraries(own)
        return self.libraries

    def renew_after_fork(self) -> None:
        """Count the blocks of the one thread that a forked child has, and of no other."""
        self.lock = threading.Lock()
        before, self.depth = self.depth, int(getattr(self.own, "depth", 0) > 0)
        if before and not self.depth and self.libraries is not None:
            self.libraries[0].set(self.saved)

    def limit_this_thread(self) -> None:
        """Limit, for good, the libraries that have a setting for each thread."""
        self._find()[1].limit()

    def __enter__(self) -> None:
        # A block inside another one of this thread changes nothing.
        self.own.depth = getattr(self.own, "depth", 0) + 1
        if self.own.depth > 1:
            return
        with self.lock:
            shared, own = self._find()
            self.depth += 1
            if self.depth == 1:
                self.saved = shared.limit()
        if own.libraries:
            self.own.saved = own.limit()

    def __exit__(self, *exception: object) -> None:
        self.own.depth -= 1
        if self.own.depth:
            return
        shared, own = self._find()
        if own.libraries:
            own.set(self.own.saved)
        with self.lock:
            self.depth -= 1
            if self.depth == 0:
                shared.set(self.saved)


_blas_limit = _BlasLimit()


def single_blas() -> _BlasLimit:
    """Return a block inside which BLAS runs on one thread; cheap, may be nested and concurrent."""
    return _blas_limit


class _Task(Generic[T]):
    """A thunk that exactly one thread runs: whoever claims it first."""

    def __init__(self, thunk: Callable[[], T]) -> None:
        self.thunk = thunk
        self.claim = threading.Lock()
        self.done = threading.Lock()
        self.done.acquire()
        self.error: BaseException | None = None

    def run_unless_claimed(self) -> None:
        if self.claim.acquire(blocking=False):
            try:
                self.value = self.thunk()
            except BaseException as error:
                self.error = error
            finally:
                self.done.release()

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value


class _Pool:
    """Daemon threads that run what is put into their queue; made on first use in each process."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.workers = 0
        self.lock = threading.Lock()

    def submit(self, job: Callable[[], object], workers: int) -> None:
        with self.lock:
            while self.workers < workers:
                threading.Thread(target=self._work, name="seqkit", daemon=True).start()
                self.workers += 1
        self.queue.put(job)

    def _work(self) -> None:
        # Who asks for help has limited BLAS meanwhile. A helper may come too late, and what the
        # process has set must then be left alone; but its own threads it limits once and for all.
        _blas_limit.limit_this_thread()
        while True:
            self.queue.get()()


_pool = _Pool()


def parallel(*thunks: Callable[[], T]) -> list[T]:
    """Run independent functions, on as many threads as allowed, and return their results in order.

    Inside one of them, a further call runs in sequence; but a single function may use the threads
    itself. If several raise, the first one's error is raised, after all have ended.
    """
    if len(thunks) == 1:
        return _in_sequence(thunks)
    helpers = min(thread_count(), len(thunks)) - 1
    inside = _inside.set(True)
    try:
        return _on_threads(thunks, helpers) if helpers > 0 else _in_sequence(thunks)
    finally:
        _inside.reset(inside)


def in_halves(
    run: Callable[[slice], object], count: int, *, worth: bool, multiple: int = 1
) -> None:
    """Run something for all of ``count`` things, or for a half of them on each of two threads.

    Args:
        run: is given the things to do.
        count: how many there are.
        worth: whether two threads are to share them; never a matter of how many threads there are.
        multiple: of which the second half begins at one.
    """
    middle = count // 2 // multiple * multiple if worth else 0
    parts = [slice(0, middle), slice(middle, count)] if middle else [slice(0, count)]
    parallel(*(partial(run, part) for part in parts))


def _in_sequence(thunks: Sequence[Callable[[], T]]) -> list[T]:
    with single_blas():
        return [thunk() for thunk in thunks]


def _on_threads(thunks: Sequence[Callable[[], T]], helpers: int) -> list[T]:
    tasks = [_Task(thunk) for thunk in thunks]
    for _ in range(helpers):
        _submit(tasks, helpers)
    token = _count.set(1)
    try:
        with single_blas():
            _run_all(tasks)
            for task in tasks:
                task.done.acquire()
    finally:
        _count.reset(token)
    return [task.result() for task in tasks]


def _submit(tasks: list[_Task[Any]], workers: int) -> None:
    """Have one of the pool's threads run those tasks that nobody has begun."""
    # Tasks see the caller's context (np.errstate lives there), and no threads of their own.
    context = copy_context()
    context.run(_count.set, 1)
    context.run(_inside.set, True)
    _pool.submit(lambda: context.run(_run_all, tasks), workers)


def _run_all(tasks: list[_Task[Any]]) -> None:
    for task in tasks:
        task.run_unless_claimed()


class Beside:
    """Runs functions beside the caller, who goes on with something else until :meth:`finish`.

    Where no second thread is allowed, each runs at once. The caller is inside :func:`single_blas`
    from the first to the last of them.
    """

    def __init__(self) -> None:
        self._helpers = 0 if inside_parallel() else thread_count() - 1
        self._tasks: list[_Task[None]] = []

    def run(self, thunk: Callable[[], None]) -> None:
        """Run a function soon."""
        if self._helpers < 1:
            thunk()
            return
        task = _Task(thunk)
        self._tasks.append(task)
        _submit([task], self._helpers)

    def finish(self) -> None:
        """Return when all functions have ended, running those that nobody has begun."""
        _run_all(self._tasks)
        for task in self._tasks:
            task.done.acquire()
        for task in self._tasks:
            task.result()


def _renew_after_fork() -> None:
    # A forked child has none of its parent's threads, and may have inherited a held lock.
    global _pool
    _pool = _Pool()
    _blas_limit.renew_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_fork)
