"""Who carries out orders: threads of this process, or the workers of a Dask scheduler. Any
`concurrent.futures.Executor` will do."""

import logging
import re
import socket
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from torchscript_fix.bulk.worker import all_ended, carry_out

CONNECT_SECONDS = 5.0


class NoScheduler(Exception):
    """The scheduler that was named does not answer, or its workers cannot do the work."""


class SchedulerGone(Exception):
    """The scheduler went away while the work was under way."""


@dataclass(frozen=True)
class Crew:
    """An executor, how many orders it carries out at once, and how it takes them."""

    executor: Executor
    jobs: int
    work: Callable[[bytes], bytes]
    stop: Callable[[], None]
    """End what is under way, at once."""
    is_there: Callable[[], bool] = lambda: True
    shares_disk: bool = True
    """Whether it sees the folder of the run."""

    def submit(self, order: bytes) -> "Future[bytes]":
        """Raises SchedulerGone."""
        try:
            return self.executor.submit(self.work, order)
        except (OSError, RuntimeError, TimeoutError) as error:
            raise SchedulerGone(str(error)) from error


def local(jobs: int) -> Crew:
    """Threads, each of which waits for the process of one repository."""
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="repository")

    def stop() -> None:
        executor.shutdown(wait=False, cancel_futures=True)
        with all_ended():
            executor.shutdown(wait=True)

    return Crew(executor, jobs, carry_out, stop)


def dask(address: str) -> Crew:
    """The workers of a Dask scheduler. Raises NoScheduler."""
    try:
        from distributed import Client  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        raise NoScheduler(
            "--dask needs the package distributed: pip install 'torchscript-fix[dask]'"
        ) from error
    _reach(address)
    # It logs what we say in one line, and tracebacks of its own when a scheduler goes.
    logging.disable(logging.CRITICAL)
    try:
        made: Any = Client  # distributed has no types
        client = made(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoScheduler(f"no Dask scheduler answers at {address}") from error
    threads = sum(worker["nthreads"] for worker in client.scheduler_info(-1)["workers"].values())
    if not threads:
        client.close()
        raise NoScheduler(f"the Dask scheduler at {address} has no worker")
    executor = client.get_executor(pure=False, retries=0)

    def stop() -> None:
        client.close(timeout=2)

    return Crew(executor, threads, carry_out, stop, lambda: _answers(client), shares_disk=False)


def _reach(address: str) -> None:
    """Raise NoScheduler where nobody listens: a Client waits longer, and says much more."""
    found = re.fullmatch(r"(?:(?:tcp|tls|ws|wss|ucx)://)?\[?([^/\[\]]+?)\]?:(\d{1,5})/?", address)
    if not found:
        raise NoScheduler(f"{address} is no address of a Dask scheduler, such as tcp://host:8786")
    try:
        socket.create_connection((found[1], int(found[2])), CONNECT_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise NoScheduler(f"no Dask scheduler answers at {address}") from error


def _answers(client: Any) -> bool:
    comm = client.scheduler_comm
    return client.status == "running" and comm is not None and not comm.closed()


def was_lost(future: "Future[bytes]") -> str | None:
    """Why a future has no result through no fault of what was to be done; None where it has one."""
    try:
        error = future.exception()
    except (CancelledError, TimeoutError):
        return "it was cancelled"
    if error is None:
        return None
    return f"{type(error).__name__}: {error}"
