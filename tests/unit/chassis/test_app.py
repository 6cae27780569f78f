"""Every answer has a request id, every error is a problem, nothing of ours leaks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict, SecretStr

from chassis import logs
from chassis.database import AWAY
from chassis.problems import FieldError, Forwarded, InvalidRequest, Overloaded, Problem
from chassis.settings import OPERATOR, AcceptedToken
from chassis.web import CalledBy, InFlightLimit, create_app, read_json_object

ACCEPTED = [
    AcceptedToken("tests", SecretStr("t0ken")),
    AcceptedToken("tests", SecretStr("t0ken of tomorrow")),
    AcceptedToken("others", SecretStr("0ther")),
    AcceptedToken(OPERATOR, SecretStr("0perator")),
]


class Broken(Problem):
    code = "broken"
    status = 409
    title = "Broken"
    retryable = True


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    count: int


@asynccontextmanager
async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


def app_with(**checks: Any) -> FastAPI:
    app = create_app(service="test", lifespan=no_lifespan, accepted=ACCEPTED, **checks)
    router = APIRouter()

    @router.get("/things/{thing}")
    async def thing(thing: str, limit: int = 1) -> dict[str, str]:
        return {"thing": thing, "trace": logs.traceparent.get()}

    @router.get("/cookies")
    async def cookies(request: Request) -> dict[str, str]:
        return request.cookies

    @router.get("/items")
    async def items() -> list[Item]:
        return []

    @router.post("/items")
    async def add(item: Item) -> Item:
        return item

    @router.post("/raw")
    async def raw(request: Request) -> dict[str, Any]:
        return (await read_json_object(request))[1]

    @router.get("/broken")
    async def broken() -> None:
        raise Broken(
            "No good.",
            errors=[FieldError("/a", "wrong")],
            retry_after_s=7,
            extra={"payment": {"n": 1}, "status": 200},
        )

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the password is hunter2")

    @router.get("/away")
    async def away() -> None:
        raise ConnectionResetError("the database went away")

    @router.get("/secret", dependencies=[Depends(CalledBy("tests"))])
    async def secret() -> dict[str, str]:
        return {}

    app.include_router(router, prefix="/v1")
    return app


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with calling(app_with()) as client:
        yield client


async def test_a_sane_request_id_is_kept_and_another_replaced(client: httpx.AsyncClient) -> None:
    kept = await client.get("/v1/things/1", headers={"X-Request-Id": "abc-1.2_3"})
    made = await client.get("/v1/things/1", headers={"X-Request-Id": "a b;" * 40})

    assert kept.headers["x-request-id"] == "abc-1.2_3"
    assert len(made.headers["x-request-id"]) == 32


async def test_the_trace_goes_on_with_a_span_of_ours(client: httpx.AsyncClient) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    offered = f"00-{trace_id}-b7ad6b7169203331-01"

    known = (await client.get("/v1/things/1", headers={"traceparent": offered})).json()["trace"]
    fresh = (await client.get("/v1/things/1", headers={"traceparent": "junk"})).json()["trace"]

    assert known.startswith(f"00-{trace_id}-")
    assert known.endswith("-01")
    assert known != offered
    assert trace_id not in fresh
    assert len(fresh) == len(offered)


async def test_a_problem_is_answered_as_problem_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/broken", headers={"X-Request-Id": "r-1"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Broken",
        "status": 409,
        "code": "broken",
        "detail": "No good.",
        "errors": [{"pointer": "/a", "message": "wrong"}],
        "request_id": "r-1",
        "retryable": True,
        "payment": {"n": 1},
    }


async def test_a_crash_is_500_without_details(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/crash", headers={"X-Request-Id": "r-2"})

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get_list("x-request-id") == ["r-2"]
    assert answer.headers["connection"] == "close"
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == "r-2"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.AdminShutdownError,
        asyncpg.PostgresIOError, asyncpg.ReadOnlySQLTransactionError,
    ],
)  # fmt: skip
async def test_a_database_that_cannot_go_on_is_no_error_of_ours(
    error: type[asyncpg.PostgresError],
) -> None:
    app = app_with(away=AWAY)

    @app.get("/full")
    async def full() -> None:
        raise error("could not extend file")

    async with calling(app) as client:
        answer = await client.get("/full")
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")


async def test_what_is_needed_and_away_is_503_and_to_be_tried_again() -> None:
    async with calling(app_with(away=[OSError])) as client:
        answer = await client.get("/v1/away")
        crash = await client.get("/v1/crash")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (answer.json()["code"], answer.json()["retryable"]) == ("overloaded", True)
    assert answer.headers["content-type"] == "application/problem+json"
    assert crash.status_code == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/v1/things/1/", 404), ("DELETE", "/v1/broken", 405)],
)
async def test_unknown_addresses_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["code"] == "not_found"
    assert answer.headers.get("allow") == ("GET" if status == 405 else None)


async def test_a_cookie_of_backslashes_is_none(client: httpx.AsyncClient) -> None:
    """Python before 3.11.10 takes its time over it: for these, hours."""
    bad = 'bad="' + "\\" * 2_000_000 + '"'
    answer = await client.get("/v1/cookies", headers={"Cookie": f'a=1; {bad}; b="2"'})

    assert answer.json() == {"a": "1", "b": "2"}


async def test_all_methods_of_an_address_are_named(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/items")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_what_fastapi_refuses_has_pointers_too(client: httpx.AsyncClient) -> None:
    wrong = await client.post("/v1/items", json={"name": "a", "count": "many"})
    broken = await client.post(
        "/v1/items", content=b"{", headers={"Content-Type": "application/json"}
    )
    query = await client.get("/v1/things/1?limit=x")

    assert wrong.status_code == broken.status_code == query.status_code == 422
    assert [e["pointer"] for e in wrong.json()["errors"]] == ["/count"]
    assert [e["pointer"] for e in broken.json()["errors"]] == [""]
    assert query.json()["errors"][0]["pointer"] == "/limit"
    assert query.json()["errors"][0]["message"].startswith("query: ")


@pytest.mark.parametrize("body", [b'{"\\ud800": 1, "name": 1}', b'{"name": "\xff"}'])
async def test_text_that_is_not_unicode_is_the_callers_fault(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post(
        "/v1/items", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


async def test_no_body_passes_the_limit(client: httpx.AsyncClient) -> None:
    async def much() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    json_type = {"Content-Type": "application/json"}
    parsed = await client.post("/v1/items", content=much(), headers=json_type)
    read = await client.post("/v1/raw", content=much(), headers=json_type)

    assert parsed.status_code == read.status_code == 413
    assert parsed.json()["code"] == read.json()["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("shown", "status"),
    [("t0ken", 200), ("t0ken of tomorrow", 200), ("0perator", 200), ("0ther", 403), ("t0k", 401)],
)
async def test_a_route_is_for_those_it_names(
    client: httpx.AsyncClient, shown: str, status: int
) -> None:
    answer = await client.get("/v1/secret", headers={"Authorization": f"Bearer {shown}"})
    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", "t0ken", "Basic t0ken", "Bearer t0ken\xfc"]
)
async def test_only_a_token_opens(client: httpx.AsyncClient, shown: str) -> None:
    refused = await client.get("/v1/secret", headers={b"Authorization": shown.encode("latin-1")})
    opened = await client.get("/v1/secret", headers={"Authorization": "Bearer t0ken"})

    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"
    assert opened.status_code == 200


async def test_requests_are_counted_by_template(client: httpx.AsyncClient) -> None:
    def count(route: str, status: str) -> float:
        labels = {"method": "GET", "route": route, "status": status}
        return REGISTRY.get_sample_value("paymesh_http_requests_total", labels) or 0

    before = count("/v1/things/{thing}", "200"), count("unmatched", "404")
    for number in range(3):
        await client.get(f"/v1/things/{number}")
        await client.get(f"/nothing/{number}")

    assert count("/v1/things/{thing}", "200") == before[0] + 3
    assert count("unmatched", "404") == before[1] + 3
    assert "/v1/things/2" not in (await client.get("/metrics")).text


async def test_health_follows_the_checks() -> None:
    checks = {"database": True}

    async def ready() -> Mapping[str, bool]:
        return checks

    app = app_with(ready=ready, alive=lambda: {"loop": checks["database"]})
    async with calling(app) as client:
        good = await client.get("/health/ready")
        measured = [REGISTRY.get_sample_value("paymesh_ready")]
        checks["database"] = False
        bad = await client.get("/health/ready")
        measured.append(REGISTRY.get_sample_value("paymesh_ready"))
        dead = await client.get("/health/live")
        checks["database"] = True
        app.state.stopping = True
        stopping = await client.get("/health/ready")
        alive = await client.get("/health/live")

    assert measured == [1, 0]
    assert good.status_code == 200
    assert good.json() == {"status": "ok", "checks": {"database": True}}
    assert bad.status_code == dead.status_code == stopping.status_code == 503
    assert alive.status_code == 200


def test_the_gate_refuses_at_once_when_it_is_full() -> None:
    gate = InFlightLimit(2)

    with gate, gate, pytest.raises(Overloaded) as caught, gate:
        pass
    with gate:
        pass

    assert caught.value.status == 503
    assert caught.value.retry_after_s == 1


def test_the_gate_opens_again_after_an_error() -> None:
    gate = InFlightLimit(1)
    for _ in range(3):
        with pytest.raises(InvalidRequest), gate:
            raise InvalidRequest("no")


def test_another_services_problem_is_passed_on() -> None:
    problem = Broken("No good.", errors=[FieldError("/a", "b")], extra={"wait": 3})

    again = Forwarded(409, problem.body("theirs"), retry_after_s=2)

    assert again.body("ours") == problem.body("ours")
    assert (again.status, again.code, again.retry_after_s) == (409, "broken", 2)
