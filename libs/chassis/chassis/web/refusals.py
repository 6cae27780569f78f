"""What is counted and said where a client is not served."""

import os

import orjson
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from chassis.problems import MEDIA_TYPE, Problem

REFUSED = Counter(
    "paymesh_http_refused",
    "Requests that never reached the application, by status, and answers that nobody took",
    ["reason"],
)


def refusal(problem: Problem, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """A whole answer, the last of its connection."""
    request_id = os.urandom(16).hex()
    body = orjson.dumps(problem.body(request_id))
    headers = [
        *default_headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    head = STATUS_LINE[problem.status] + b"".join(b"%s: %s\r\n" % each for each in headers)
    return head + b"\r\n" + body
