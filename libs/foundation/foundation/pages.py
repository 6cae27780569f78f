"""From a template to a page: escaped throughout, in the reader's language, nothing foreign.

What a page may load and where it may lead is each service's own; it comes as `headers`.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from chassis.web import Language, Translation, language_of
from foundation.money_text import minute, moment, money

LANGUAGE_COOKIE: Final = "paymesh_language"
LANGUAGE_KEPT_S: Final = 365 * 24 * 3600

Texts = Mapping[str, tuple[str, str]]
"""By key: 简体中文 and English."""

NO_TEXTS: Final[Texts] = {}


def templates_of(package: str) -> Environment:
    """Those in the folder `templates` of the package; a name that is not given is an error."""
    templates = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(minute=minute, moment=moment)
    templates.globals.update(money=money)
    return templates


def language_asked(request: Request) -> Language:
    """Of a page, and of what its links lead to."""
    asked, kept = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    return language_of(asked, kept, request.headers.get("accept-language", ""))


class Pages:
    """Templates of one service with its texts, `t(key)` in them."""

    def __init__(self, templates: Environment, texts: Texts) -> None:
        self._templates = templates
        self._texts = texts

    def render(
        self,
        request: Request,
        template: str,
        context: Mapping[str, object],
        *,
        headers: Mapping[str, str],
        status: int = 200,
        more: Texts = NO_TEXTS,
    ) -> HTMLResponse:
        """A whole page. `?lang=` is kept in a cookie for the pages that follow. `more`: texts that
        are not always the same."""
        asked = request.query_params.get("lang")
        translation = Translation({**self._texts, **more}, language_asked(request))
        html = self._templates.get_template(template).render(t=translation, **context)
        response = HTMLResponse(html, status_code=status, headers=dict(headers))
        if asked is not None:
            response.set_cookie(
                LANGUAGE_COOKIE,
                translation.language,
                max_age=LANGUAGE_KEPT_S,
                httponly=True,
                samesite="lax",
            )
        return response
