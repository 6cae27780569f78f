"""JSON lines on stdout, each with the request it belongs to.

Use: `log = structlog.get_logger()`, then `log.info("thing.happened", thing_no=…)`. Never a secret.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The X-Request-Id of the request being served; empty outside a request."""

traceparent: ContextVar[str] = ContextVar("traceparent", default="")
"""The W3C trace context to hand on with calls and events; empty outside a request."""

# Chatty below this level: they tell of every reconnect or request.
_QUIET = {"aiokafka": logging.ERROR, "httpx": logging.WARNING, "asyncio": logging.WARNING}


_REPEATING = ("aiokafka", "opentelemetry")
SELDOM_S = 30.0  # How often such a client may say that nobody answers it.


class Seldom(logging.Filter):
    """Lets the same line of a library through once in a while, with how many were left out.

    The same is what has one template: a client that finds no broker says so many times a second.
    """

    def __init__(
        self, every_s: float = SELDOM_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._every_s = every_s
        self._now = now
        self._logged: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPEATING):
            return True
        line, now = (record.name, str(record.msg)), self._now()
        logged_at, left_out = self._logged.get(line, (-self._every_s, 0))
        if now - logged_at < self._every_s:
            self._logged[line] = logged_at, left_out + 1
            return False
        self._logged[line] = now, 0
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} like this left out)"
            record.args = None
        return True


def configure(service: str, level: str) -> None:
    """Send structlog and the standard library's logging to stdout as JSON. Call once, in main."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        _add_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, _render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(number, shared)


def _route_standard_logging(number: int, shared: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _render,
            ],
        )
    )
    handler.addFilter(Seldom())
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(number, least))


def _add_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if current := request_id.get():
        event.setdefault("request_id", current)
    if carried := traceparent.get():
        event.setdefault("trace_id", carried[3:35])
    return event


def _render(_: WrappedLogger, __: str, event: EventDict) -> str:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # A lone surrogate or a huge integer: never a reason to fail.
        return json.dumps(event, default=str)
