"""What to send, what to make of the answer, and when to send it again: without any IO.

A flow is a generator: it yields steps, a client carries them out (`paymesh.driving`), and what it
returns is the result. So the synchronous and the asynchronous client share every decision.
"""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from paymesh.errors import (
    AnswerLost,
    InternalError,
    NotConnected,
    NotSendable,
    PaymentInProgress,
    TooBusy,
    api_error,
)
from paymesh.models.answers import FieldFault
from paymesh.models.requests import Asked

A = TypeVar("A", bound=Asked)
T = TypeVar("T")

ATTEMPTS: Final = 6
LONGEST_WAIT_S: Final = 20.0
"""Who is told to wait longer is given the error, and decides."""

SENT_WITHIN_S: Final = 20.0
"""No later one is sent again; so with its patience a question is given up after 35 s at most."""

PATIENCE_S: Final = 15.0
"""With one answer. What the centre can say without a channel it says in less."""

CREATE_PATIENCE_S: Final = 40.0
"""With the answer to a payment: a payment code (付款码) may take 30 s."""

LAST_LOOK_S: Final = 1.0
"""Is had at least, also where the caller's time is just over."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """`was_sent`: whether anything of the request can have arrived."""

    was_sent: bool
    reason: str


Reply = Answer | NoAnswer


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call. `is_repeatable`: the same once more changes nothing, so a lost answer may be asked
    for again; a payment is not, its order is looked at first. `makes_another`: the same once more
    makes one more, so a centre that may have done it (503) is not asked again. `patience_s`: how
    long one answer is waited for."""

    method: str
    path: str
    read: Callable[[Answer], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_repeatable: bool = False
    accept: str = "application/json"
    makes_another: bool = False
    patience_s: float = PATIENCE_S

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def get(path: str, model: type[T], query: Mapping[str, Any] | None = None) -> Call[T]:
    """What is None in the query is left out."""
    return Call("GET", path, reader(model), given(query or {}), is_repeatable=True)


def post(
    path: str, model: type[T], asked: Asked | None = None, *, is_repeatable: bool = False
) -> Call[T]:
    """Raises NotSendable."""
    try:
        body = b"" if asked is None else asked.json_bytes()
    except ValueError as error:
        raise NotSendable([FieldFault(pointer="", message=str(error))]) from error
    return Call("POST", path, reader(model), body=body, is_repeatable=is_repeatable)


def asked(model: type[A], members: Mapping[str, Any]) -> A:
    """What is to be sent, of these types. Raises NotSendable."""
    try:
        return model.model_validate(members)
    except ValidationError as error:
        raise NotSendable([_fault(each) for each in error.errors(include_url=False)]) from error


def _fault(error: ErrorDetails) -> FieldFault:
    # Inside metadata pydantic names kinds of JSON between the keys.
    steps = error["loc"][:1] if error["loc"][:1] == ("metadata",) else error["loc"]
    return FieldFault(pointer="".join(f"/{step}" for step in steps), message=error["msg"])


def path(*steps: str) -> str:
    """A path of these steps; what is in them stays a step. Raises NotSendable."""
    if not all(steps):
        raise NotSendable([FieldFault(pointer="", message="a number is needed")])
    return "/v1/" + "/".join(quote(_text(step), safe="") for step in steps)


def given(query: Mapping[str, Any]) -> dict[str, str]:
    """What is not None. Raises NotSendable."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else _text(value)
        for name, value in query.items()
        if value is not None
    }


def _text(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotSendable([FieldFault(pointer="", message=str(error))]) from error
    return text


def reader(model: type[T]) -> Callable[[Answer], T]:
    """Reads an answer as this model; what cannot be read counts as lost."""

    def read(answer: Answer) -> T:
        try:
            return _adapter(model).validate_json(answer.body)
        except ValidationError as error:
            raise AnswerLost(f"the answer {answer.status} is no {model.__name__}") from error

    return read


_ADAPTERS: Final[dict[Any, TypeAdapter[Any]]] = {}


def _adapter(model: type[T]) -> TypeAdapter[T]:
    if model not in _ADAPTERS:
        _ADAPTERS[model] = TypeAdapter(model)
    return _ADAPTERS[model]


class Store(Protocol):
    """Where a follower keeps its place; both methods may be coroutines in the async client."""

    def load(self) -> Any: ...

    def save(self, place: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Send:
    """Sign this now, with a nonce of its own, and send it; replied with a Reply. `left_s`: of the
    caller's time, where that is limited; it ends also the patience of a client of one's own."""

    call: Call[Any]
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Replied with seconds that only rise."""


@dataclass(frozen=True, slots=True)
class Load:
    """Replied with the place that the store keeps, or None."""

    store: Store


@dataclass(frozen=True, slots=True)
class Save:
    store: Store
    place: str


Step = Send | Sleep | Now | Load | Save
Flow = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """What a stream hands out; it is asked for more when the caller is done with this one."""

    value: T


Stream = Generator[Step | Item[T], Any, None]


def exchange(call: Call[T], until: float | None = None) -> Flow[T]:
    """Send a call until it is answered, as often as that is safe, and not beyond `until`.

    Raises:
        PaymeshError: what came of it at last.
    """
    now: float = yield Now()
    sent_until = now + SENT_WITHIN_S if until is None else min(now + SENT_WITHIN_S, until)
    for attempt in range(1, ATTEMPTS + 1):
        reply: Reply = yield Send(call, None if until is None else max(until - now, LAST_LOOK_S))
        now = yield Now()
        try:
            return _read(call, reply)
        except (NotConnected, AnswerLost, InternalError, PaymentInProgress, TooBusy) as error:
            wait_s = _wait_s(call, error, attempt)
            if wait_s is None or attempt == ATTEMPTS or now + wait_s > sent_until:
                raise
        yield Sleep(wait_s)
        now = yield Now()
    raise AssertionError("the last attempt returns or raises")


def _read(call: Call[T], reply: Reply) -> T:
    if isinstance(reply, NoAnswer):
        raise AnswerLost(reply.reason) if reply.was_sent else NotConnected(reply.reason)
    if reply.status < 300:
        return call.read(reply)
    error = api_error(reply.status, reply.body, _retry_after_s(reply))
    if error is None:
        raise AnswerLost(f"something between us and the centre answers {reply.status}")
    raise error


def _wait_s(call: Call[Any], error: Exception, attempt: int) -> float | None:
    """How long until it may be sent again; None: not at all."""
    if isinstance(error, AnswerLost | InternalError) and not call.is_repeatable:
        return None
    if isinstance(error, TooBusy) and error.status == 503 and call.makes_another:
        return None
    if isinstance(error, PaymentInProgress | TooBusy):
        asked_s = error.retry_after_s
        if asked_s is None or asked_s > LONGEST_WAIT_S:
            return None
        return asked_s + random.uniform(0, 0.2)  # only spreads those that wait
    return float(min(0.2 * 2**attempt, LONGEST_WAIT_S) * random.uniform(0.5, 1))


def _retry_after_s(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
