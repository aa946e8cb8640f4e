"""Work that is shared out among processes, each of which ends with the one that began it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

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


def _context() -> BaseContext:
    """Return how processes are begun: as copies of this one where that is safe, which spares them all imports."""
    import multiprocessing

    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _begin() -> None:
    """Leave an interrupt to the process that began this one, and end with it even where it is killed."""
    import signal
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=end_with_parent, daemon=True).start()
