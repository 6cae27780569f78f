"""From a template to an answer: escaped throughout, in the reader's language, nothing foreign."""

from collections.abc import Collection, Mapping
from typing import Final, Protocol, cast
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from chassis import logs
from contracts.identifiers import new_id
from foundation.money_text import plain_amount
from foundation.pages import Pages, templates_of
from merchant_admin.api.access import Caller
from merchant_admin.api.console.audited import action_words, actor_words, thing_words
from merchant_admin.api.console.mentions import order_path
from merchant_admin.api.console.navigation import Group, Navigation
from merchant_admin.api.console.shown import endpoint_state
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.domain.waiting import Waiting, badges
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.wording import channel_names

PROBLEM: Final = "problem"
DONE: Final = "done"
WITH_OWN_TEXT: Final = frozenset({401, 403, 404, 409, 413, 422, 429})
"""The errors that have words of their own."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_templates: Final = templates_of("merchant_admin.api.console")
_templates.filters.update(plain_amount=plain_amount)
_templates.globals.update(
    has_text=TEXTS.__contains__,
    new_number=new_id,
    action_words=action_words,
    actor_words=actor_words,
    endpoint_state=endpoint_state,
    order_path=order_path,
    thing_words=thing_words,
)
_pages: Final = Pages(_templates, TEXTS)


class Reader(Protocol):
    """Whose page it is."""

    @property
    def caller(self) -> Caller: ...


def render(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> HTMLResponse:
    """A whole page. `?lang=` is kept in a cookie for the pages that follow."""
    here = {
        "path": request.url.path,
        "link": _Linker(request),
        "written": _written(request),
        "ways": _ways(request, context),
        "lag_s": round(_lag_s(request)),
    }
    return _pages.render(
        request, template, {**context, **here}, headers=HEADERS, status=status, more=_names(request)
    )


def error_page(request: Request, status: int, visitor: Reader | None) -> HTMLResponse:
    """What is said is chosen by the status alone: the words of problems are for programs."""
    what = (
        f"error.{status}"
        if status in WITH_OWN_TEXT
        else "error.500"
        if status >= 500
        else "error.422"
    )
    context = {
        "visitor": visitor,
        "what": what,
        "status": status,
        "request_id": logs.request_id.get(),
    }
    return render(request, "error.html", context, status=status)


def saying(page: str, done: str) -> str:
    """The address of the page with a line above it that says what was done: `written.<done>`."""
    return f"{page}{'&' if '?' in page else '?'}{DONE}={done}"


def problem_in(request: Request, known: Collection[str]) -> str | None:
    """Which text tells why the form that led here was refused: `?problem=`."""
    problem = request.query_params.get(PROBLEM, "")
    return problem if problem in known else None


def done_in(request: Request, known: Collection[str]) -> str | None:
    """Which text tells what the form that led here has done: `?done=`."""
    done = request.query_params.get(DONE, "")
    return done if done in known else None


def _written(request: Request) -> str | None:
    text = f"written.{request.query_params.get(DONE, '')}"
    return text if text in TEXTS else None


def _ways(request: Request, context: Mapping[str, object]) -> list[Group]:
    visitor = cast(Reader | None, context.get("visitor"))
    if visitor is None:
        return []
    navigation: Navigation = request.app.state.navigation
    waiting: Waiting = getattr(request.state, "waiting", Waiting())
    return navigation.groups(visitor.caller, request.url.path, badges(waiting))


def _names(request: Request) -> dict[str, tuple[str, str]]:
    """What the channels are called, as texts."""
    deps: Deps = request.app.state.deps
    return channel_names(deps)


def _lag_s(request: Request) -> float:
    deps: Deps = request.app.state.deps
    return deps.projector.lag_s()


class _Linker:
    """Links to this very page with other parameters: `link(lang="en")`; None drops one. A problem
    is told once."""

    def __init__(self, request: Request) -> None:
        given = request.query_params.items()
        self._now = {name: value for name, value in given if name not in (PROBLEM, DONE)}
        self.is_here = request.method == "GET"

    def __call__(self, **changes: str | None) -> str:
        wanted = {**self._now, **changes}
        return "?" + urlencode({name: value for name, value in wanted.items() if value})
