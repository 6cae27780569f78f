"""Routes without FastAPI's ceremony answer, refuse and are measured as all others are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from prometheus_client import REGISTRY
from pydantic import BaseModel, SecretStr

from chassis.problems import NotFound
from chassis.settings import AcceptedToken
from chassis.web import (
    CalledBy,
    DirectRoute,
    add_routes,
    create_app,
    read_message,
)

GOOD = {"Authorization": "Bearer t0ken"}


class Item(BaseModel):
    name: str
    count: int = 1


async def post_item(request: Request) -> Response:
    """Store an item."""
    item = await read_message(request, Item, limit_bytes=64)
    return Response(item.model_dump_json(), 201, media_type="application/json")


async def get_item(request: Request) -> Response:
    raise NotFound(f"There is no {request.path_params['name']}.")


@asynccontextmanager
async def calling() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def application() -> FastAPI:
    @asynccontextmanager
    async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    token = Depends(CalledBy("tests"))
    router = APIRouter(prefix="/direct", route_class=DirectRoute, dependencies=[token])
    router.post("/items")(post_item)
    router.get("/items/{name}")(get_item)
    app = create_app(
        service="test",
        lifespan=no_lifespan,
        accepted=[AcceptedToken("tests", SecretStr("t0ken"))],
    )
    add_routes(app, router)
    return app


async def test_the_endpoint_gets_the_request_itself() -> None:
    async with calling() as client:
        answer = await client.post("/direct/items", content=b'{"name":"a"}', headers=GOOD)
    assert (answer.status_code, answer.json()) == (201, {"name": "a", "count": 1})
    assert answer.headers["x-request-id"]


async def test_its_dependencies_come_first() -> None:
    async with calling() as client:
        answer = await client.post("/direct/items", content=b"nonsense")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_what_it_raises_is_a_problem_with_the_id_of_the_request() -> None:
    async with calling() as client:
        answer = await client.get("/direct/items/b", headers={**GOOD, "X-Request-Id": "r1"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no b.")
    assert (answer.json()["request_id"], answer.headers["x-request-id"]) == ("r1", "r1")


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        (b'{"name":"a","count":"many"}', 422, ["/count"]),
        (b'{"name":', 422, [""]),
        (b'{"name":"' + b"a" * 64 + b'"}', 413, []),
    ],
)
async def test_a_wrong_message_is_refused_by_pointer(
    body: bytes, status: int, pointers: list[str]
) -> None:
    async with calling() as client:
        answer = await client.post("/direct/items", content=body, headers=GOOD)
    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_it_is_measured_by_its_template_and_described() -> None:
    labels = {"method": "GET", "route": "/direct/items/{name}", "status": "404"}
    before = REGISTRY.get_sample_value("paymesh_http_requests_total", labels) or 0
    async with calling() as client:
        await client.get("/direct/items/c", headers=GOOD)
    assert REGISTRY.get_sample_value("paymesh_http_requests_total", labels) == before + 1
    described = get_openapi(title="test", version="1", routes=application().routes)["paths"]
    assert described["/direct/items"]["post"]["description"] == "Store an item."


async def test_another_method_or_path_is_not_found() -> None:
    async with calling() as client:
        statuses = [
            (await client.put("/direct/items", headers=GOOD)).status_code,
            (await client.get("/direct/others", headers=GOOD)).status_code,
        ]
    assert statuses == [405, 404]
