"""HTTP clients: httpx's API on the aiohttp engine, with limits, honest errors and no surprises."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
import orjson
import structlog
from httpx_aiohttp import AiohttpTransport
from pydantic import SecretStr

from chassis import logs
from chassis.problems import MEDIA_TYPE, Forwarded, Internal, Overloaded

log = structlog.get_logger()

IDLE_S = 30.0  # Idle connections are closed before any server of ours would close them.


def client(
    *,
    timeout_s: float,
    connect_timeout_s: float = 3.0,
    max_connections: int = 100,
    verify: bool | str | ssl.SSLContext = True,
) -> httpx.AsyncClient:
    """A client for the life of the process, made inside the running loop and closed by the caller.

    `timeout_s` is the longest silence; a limit on the whole call is the caller's. `verify` may
    name a CA file. No redirects, no proxies from the environment, no cookies kept.

    `httpx.ConnectError` and `httpx.ConnectTimeout` mean that nothing was sent. Any other
    `httpx.TransportError` leaves open whether the request was carried out.
    """
    connector = aiohttp.TCPConnector(
        limit=max_connections,
        keepalive_timeout=IDLE_S,
        ssl=_trust(verify),
    )
    session = aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )
    return httpx.AsyncClient(
        transport=_HonestTransport(client=session, trust_env=False),
        timeout=httpx.Timeout(timeout_s, connect=connect_timeout_s, pool=connect_timeout_s),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )


class ServiceClient:
    """Calls another service's internal API with our token for it."""

    def __init__(self, base_url: str, token: SecretStr, client: httpx.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = f"Bearer {token.get_secret_value()}"
        self._client = client

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float = 5.0,
    ) -> dict[str, Any]:
        """The answer's JSON object ({} where there is none), within `timeout_s` in all.

        Carries on request id and trace. Raises Forwarded for the other service's problems and
        Overloaded when it cannot be reached or does not answer in time: whether it did the work
        is then unknown. An answer without sense is Internal.
        """
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.request(
                    method,
                    self._base_url + path,
                    content=None if json is None else orjson.dumps(json),
                    params=params,
                    headers=self._headers(),
                )
        except (httpx.TransportError, TimeoutError) as error:
            log.warning("service.unreachable", method=method, path=path, reason=repr(error))
            raise Overloaded("A service behind this one does not answer.") from error
        return _read(response, path)

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        if request_id := logs.request_id.get():
            headers["X-Request-Id"] = request_id
        if traceparent := logs.traceparent.get():
            headers["traceparent"] = traceparent
        return headers


def _read(response: httpx.Response, path: str) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if response.is_success and isinstance(body, dict):
        return body
    is_problem = response.headers.get("content-type", "").startswith(MEDIA_TYPE)
    # 401 and 403 would tell the caller about our token, not about theirs.
    if is_problem and isinstance(body, dict) and response.status_code not in (401, 403):
        wait = response.headers.get("retry-after", "")
        raise Forwarded(
            response.status_code, body, retry_after_s=int(wait) if wait.isdecimal() else None
        )
    log.error("service.senseless_answer", path=path, status=response.status_code)
    raise Internal


class _HonestTransport(AiohttpTransport):
    """httpx-aiohttp calls every lost connection a ConnectTimeout, even after the request was sent.

    Who believes that would repeat work that was done, so errors are told apart here.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _honest_errors(request):
            response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _HonestStream(response.stream, request)
        return response


class _HonestStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _honest_errors(self._request, sent=True):
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _honest_errors(request: httpx.Request, *, sent: bool = False) -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientError as error:
        raise _named(error, request, sent=sent) from error
    except httpx.TransportError as error:
        raise _named(error.__cause__ or error, request, sent=sent) from error


def _named(cause: BaseException, request: httpx.Request, *, sent: bool) -> httpx.TransportError:
    text = repr(cause)
    match cause:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.UnsupportedProtocol(text, request=request)
        case aiohttp.ConnectionTimeoutError() if not sent:
            return httpx.ConnectTimeout(text, request=request)
        case aiohttp.ClientConnectorError() if not sent:
            return httpx.ConnectError(text, request=request)
        case TimeoutError():
            return httpx.ReadTimeout(text, request=request)
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError(text, request=request)
        case _:
            return httpx.ReadError(text, request=request)


def _trust(verify: bool | str | ssl.SSLContext) -> ssl.SSLContext | bool:
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    return verify
