"""Work that is shared out among processes, each of which ends with the one that began it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class WorkerDied(Exception):
    """A process was ended from outside, as by a system that has run out of memory, and its work is lost."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared_out(
    work: Callable[[_Task], _Result], tasks: Sequence[_Task], processes: int
) -> Iterator[tuple[int, _Result]]:
    """Yield the number and the result of each task as it is done; what a task raises ends it all, as does an interrupt.

    `work`, the tasks and the results are pickled on their way. Raises WorkerDied.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(processes, len(tasks)), _context(), initializer=_begin)
    try:
        numbers = {pool.submit(work, task): number for number, task in enumerate(tasks)}
        for future in as_completed(numbers):
            yield numbers[future], future.result()
    except BrokenProcessPool as error:
        raise WorkerDied from error
    except BaseException:  # an interrupt too, and a caller that has lost interest
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def beside(work: Callable[[_Task], _Result], task: _Task) -> Iterator[Callable[[], _Result]]:
    """Begin a task in a copy of this process and give what waits for its result, raising what the task raises.

    The copy is gone when the block ends. Where none can be made the task is done when its result is asked for. The
    result is pickled on its way. What waits raises WorkerDied.

    A pool of processes would do, but to import it takes a third of the time that this is there to save.
    """
    if not _can_be_copied():
        yield lambda: work(task)
        return
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        os.close(reading)
        _work_for_another(work, task, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        try:
            yield lambda: _answered(answer)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy, signal.SIGKILL)
            os.waitpid(copy, 0)


def _can_be_copied() -> bool:
    """Whether a copy of this process can work beside it; what another thread has locked would stay locked there."""
    return sys.platform == "linux" and processors() > 1 and threading.active_count() == 1


def _work_for_another(work: Callable[[_Task], object], task: _Task, writing: int) -> NoReturn:
    """Write what comes of a task, with whether it came to an end, and end without any of the cleaning up of others."""
    try:
        _heed_no_interrupt()
        try:
            outcome = True, work(task)
        except Exception as error:  # the one that waits is to hear of it
            outcome = False, error
        with os.fdopen(writing, "wb") as answer:
            pickle.dump(outcome, answer, protocol=5)
    finally:
        os._exit(0)


def _answered(answer: BinaryIO) -> Any:  # noqa: ANN401  # whatever the task gives
    body = answer.read()
    if not body.endswith(pickle.STOP):
        raise WorkerDied
    done, outcome = pickle.loads(body)  # noqa: S301  # of our own copy
    if done:
        return outcome
    raise outcome


def _context() -> BaseContext:
    """Return how processes are begun: as copies of this one where that is safe, which spares them all imports."""
    import multiprocessing

    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _begin() -> None:
    """Leave an interrupt to the process that began this one, and end with it even where it is killed."""
    from multiprocessing import parent_process

    _heed_no_interrupt()

    def end_with_parent() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _heed_no_interrupt() -> None:
    """Leave an interrupt to the process that began this one, and end at once where it is told to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):  # it has nothing to put in order, and nothing to say of its own
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
