"""Threads for files of channels: a large one takes seconds to read, payments must not wait for it,
and the loop's own few threads are left to those who look up the channels' names."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

MAX_FILES_AT_ONCE: Final = 2
"""Each is held in memory while it is read."""

_THREADS: Final = ThreadPoolExecutor(MAX_FILES_AT_ONCE, "files")

P = ParamSpec("P")
ReadT = TypeVar("ReadT")


async def beside_the_loop(read: Callable[P, ReadT], *args: P.args, **kwargs: P.kwargs) -> ReadT:
    """What `read` gives, once one of the threads is free."""
    work = partial(read, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
