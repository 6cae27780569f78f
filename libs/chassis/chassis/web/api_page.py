"""A service's OpenAPI description, and the page that shows it to people."""

from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, JSONResponse

Describe = Callable[[FastAPI], dict[str, Any]]

READ: Final = ["GET", "HEAD"]
"""A page's methods: whoever looks whether a link is alive asks for its head alone."""

Part = Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"]


def api_page(title: str, describe: Describe) -> APIRouter:
    """`/openapi.json` and `/docs`; the description is made and written when it is first asked for:
    it is long, and anybody may ask."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/openapi.json", methods=READ)
    async def get_description(request: Request) -> Response:
        state = request.app.state
        if not hasattr(state, "written_description"):
            state.written_description = JSONResponse(described(request.app, describe)).body
        return Response(state.written_description, media_type="application/json")

    @router.api_route("/docs", methods=READ)
    async def get_page() -> Response:
        """All of it comes from here: no CDN is needed, nor reached everywhere."""
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=title,
            swagger_js_url="docs/swagger-ui-bundle.js",
            swagger_css_url="docs/swagger-ui.css",
            swagger_favicon_url="docs/favicon.png",
        )

    router.api_route("/docs/{name}", methods=READ)(_get_part)
    return router


async def _get_part(name: Part) -> Response:
    with as_file(files("fastapi_offline") / "static" / name) as path:
        return FileResponse(path, headers={"Cache-Control": "public, max-age=86400"})


def described(app: FastAPI, describe: Describe) -> dict[str, Any]:
    if not hasattr(app.state, "description"):
        app.state.description = describe(app)
    description: dict[str, Any] = app.state.description
    return description
