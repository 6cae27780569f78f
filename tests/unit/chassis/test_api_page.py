"""The description of an API, which anybody may ask for."""

from typing import Any

import httpx
from fastapi import FastAPI

from chassis.web import api_page


async def test_a_description_is_written_once() -> None:
    made: list[dict[str, Any]] = []

    def describe(app: FastAPI) -> dict[str, Any]:
        made.append({"openapi": "3.1.0", "info": {"title": "物业"}})
        return made[0]

    app = FastAPI(openapi_url=None)
    app.include_router(api_page("x", describe))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://centre"
    ) as client:
        first = await client.get("/openapi.json")
        made[0].clear()
        second = await client.get("/openapi.json")

    assert first.json() == {"openapi": "3.1.0", "info": {"title": "物业"}}
    assert (second.content, len(made)) == (first.content, 1)
    assert second.headers["content-type"] == "application/json"


async def test_the_pages_answer_to_head_as_to_get() -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(api_page("x", lambda _: {}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://centre"
    ) as client:
        for path in ("/openapi.json", "/docs", "/docs/swagger-ui.css"):
            asked, headed = await client.get(path), await client.head(path)
            assert (headed.status_code, asked.status_code) == (200, 200)
            assert headed.headers["content-type"] == asked.headers["content-type"]
