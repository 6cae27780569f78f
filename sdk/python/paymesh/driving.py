"""Carries out the steps of flows over httpx: once with waiting threads, once with asyncio."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import Any, Final, Generic, ParamSpec, TypeVar, overload

import httpx

from paymesh.exchange import (
    Answer,
    Call,
    Flow,
    Item,
    Load,
    NoAnswer,
    Now,
    Reply,
    Save,
    Send,
    Sleep,
    Step,
    Stream,
    exchange,
)
from paymesh.signing import Credentials

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_S: Final = 5.0

UNSET: Final = httpx.Timeout(5.0)
"""Of an httpx client whose maker said nothing of it: too short for a channel, so that payments that
went well would count as lost."""

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class Driver:
    """With waiting threads."""

    def __init__(self, http: httpx.Client, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials

    def run(self, flow: Call[T] | Flow[T]) -> T:
        steps = exchange(flow) if isinstance(flow, Call) else flow
        reply: object = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = self._perform(step)

    def iterate(self, stream: Stream[T]) -> Iterator[T]:
        reply: object = None
        while True:
            try:
                step = stream.send(reply)
            except StopIteration:
                return
            if isinstance(step, Item):
                reply = None
                yield step.value
            else:
                reply = self._perform(step)

    def _perform(self, step: Step) -> object:
        match step:
            case Send():
                return self._send(step)
            case Sleep(seconds):
                time.sleep(seconds)
                return None
            case Now():
                return time.monotonic()
            case Load(store):
                return store.load()
            case Save(store, place):
                return store.save(place)

    def _send(self, step: Send) -> Reply:
        request = signed(self._http, self._credentials, step)
        try:
            return _answer(self._http.send(request))
        except httpx.RequestError as error:
            return _no_answer(error, request.url)


class AsyncDriver:
    """With asyncio."""

    def __init__(self, http: httpx.AsyncClient, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials

    async def run(self, flow: Call[T] | Flow[T]) -> T:
        steps = exchange(flow) if isinstance(flow, Call) else flow
        reply: object = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = await self._perform(step)

    async def iterate(self, stream: Stream[T]) -> AsyncIterator[T]:
        reply: object = None
        while True:
            try:
                step = stream.send(reply)
            except StopIteration:
                return
            if isinstance(step, Item):
                reply = None
                yield step.value
            else:
                reply = await self._perform(step)

    async def _perform(self, step: Step) -> object:
        match step:
            case Send():
                return await self._send(step)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
                return None
            case Now():
                return time.monotonic()
            case Load(store):
                return await _awaited(store.load())
            case Save(store, place):
                return await _awaited(store.save(place))

    async def _send(self, step: Send) -> Reply:
        request = signed(self._http, self._credentials, step)
        try:
            return _answer(await self._http.send(request))
        except httpx.RequestError as error:
            return _no_answer(error, request.url)


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def signed(
    http: httpx.Client | httpx.AsyncClient, credentials: Credentials, step: Send
) -> httpx.Request:
    """The request, signed over its target exactly as it goes over the wire."""
    call = step.call
    headers = {"Accept": call.accept}
    if call.body:
        headers["Content-Type"] = "application/json"
    request = http.build_request(
        call.method,
        call.target,
        content=call.body,
        headers=headers,
        timeout=_timeout(http.timeout, step),
    )
    target = request.url.raw_path.decode("ascii")
    request.headers["Authorization"] = credentials.authorization(call.method, target, call.body)
    return request


def _timeout(own: httpx.Timeout, step: Send) -> httpx.Timeout:
    if own == UNSET:
        own = httpx.Timeout(step.call.patience_s, connect=CONNECT_S)
    if step.left_s is None:
        return own
    parts = own.as_dict().items()
    return httpx.Timeout(
        **{part: step.left_s if s is None else min(s, step.left_s) for part, s in parts}
    )


def _answer(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, response.content, headers)


def _no_answer(error: httpx.RequestError, url: httpx.URL) -> NoAnswer:
    reason = f"{type(error).__name__} at {url.scheme}://{url.netloc.decode()}: {error}"
    return NoAnswer(was_sent=not isinstance(error, NEVER_SENT), reason=reason)


class Group:
    """Methods of the synchronous client that belong together."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver


class AsyncGroup:
    """Methods of the asynchronous client that belong together."""

    def __init__(self, driver: AsyncDriver) -> None:
        self.driver = driver


class Method(Generic[P, T]):
    """A call or flow as a method of both kinds of groups: in the one it answers, in the other it
    is awaited. It keeps its parameters and its docstring."""

    def __init__(self, make: Callable[P, Call[T]] | Callable[P, Flow[T]]) -> None:
        self._make: Callable[P, Call[T] | Flow[T]] = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, group: Group, owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, group: AsyncGroup, owner: object = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(
        self, group: Group | AsyncGroup, owner: object = None
    ) -> Callable[P, T | Awaitable[T]]:
        driver = group.driver

        @wraps(self._make)
        def method(*args: P.args, **kwargs: P.kwargs) -> T | Awaitable[T]:
            return driver.run(self._make(*args, **kwargs))

        return method


class Listing(Generic[P, T]):
    """A stream as a method of both kinds of groups: an iterator, or an asynchronous one."""

    def __init__(self, make: Callable[P, Stream[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, group: Group, owner: object = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, group: AsyncGroup, owner: object = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(
        self, group: Group | AsyncGroup, owner: object = None
    ) -> Callable[P, Iterator[T] | AsyncIterator[T]]:
        driver = group.driver

        @wraps(self._make)
        def method(*args: P.args, **kwargs: P.kwargs) -> Iterator[T] | AsyncIterator[T]:
            return driver.iterate(self._make(*args, **kwargs))

        return method
