"""trade-core's books: the ledger, and the dead letters (死信) that people have tried again."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.internal import DeadLetterPage, DeadLetterView, LedgerBalances
from merchant_admin.api.access import DepsOf
from merchant_admin.api.books import LetterId, Replay
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.forms import whole_number
from merchant_admin.api.console.rendering import problem_in, render, saying
from merchant_admin.api.console.shown import raw
from merchant_admin.api.console.visiting import SeenByCentre, SeenByViewer, SentByCentreOperator, to
from merchant_admin.api.paging import DEFAULT_LIMIT
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import books, channel_accounts

VERSION_CHANGED: Final = "version_changed"
"""The code of trade-core where a decision was made on something that has changed since."""

RAW_CHARS: Final = 1_000
"""More than most results take; the API shows them whole."""

MAX_CURSOR_CHARS: Final = 512
REFUSALS: Final = frozenset({"core_failed", "core_refused", VERSION_CHANGED})
NO_BALANCES: Final = LedgerBalances(items=[], next_cursor=None)
NO_LETTERS: Final = DeadLetterPage(items=[], next_cursor=None)

router = APIRouter(include_in_schema=False, prefix="/console")


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """`text`: how it begins; `is_cut` where there is more."""

    letter: DeadLetterView
    text: str
    is_cut: bool

    @classmethod
    def of(cls, letter: DeadLetterView) -> "ShownLetter":
        text = raw(base64.b64decode(letter.value_base64))
        return cls(letter, text[:RAW_CHARS], letter.is_cut or len(text) > RAW_CHARS)


@router.get("/ledger")
async def ledger_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """What each merchant's accounts hold."""
    filters = LISTS["ledger"].of(request)
    page, problem = NO_BALANCES, None
    try:
        page = await books.read_balances(
            deps, visitor.scope, {**LISTS["ledger"].values(filters), **_page_in(request)}
        )
    except NoSuch:
        raise
    except Problem as refusal:
        problem = refusal_of(refusal)
    named = {item.merchant_id for item in page.items}
    context = {
        "visitor": visitor,
        "problem": problem,
        "accounts": await channel_accounts.read_named(
            deps, visitor.scope, {item.payment_id for item in page.items}
        ),
        **await list_context(
            request, deps, visitor.scope, filters, page, named, is_read=page is not NO_BALANCES
        ),
    }
    return render(request, "ledger.html", context)


@router.get("/dead-letters")
async def dead_letters_page(request: Request, deps: DepsOf, visitor: SeenByCentre) -> Response:
    """What trade-core could not apply, the newest first."""
    filters = LISTS["dead-letters"].of(request)
    page, problem = NO_LETTERS, problem_in(request, REFUSALS)
    try:
        page = await books.read_dead_letters(
            deps, {**LISTS["dead-letters"].values(filters), **_page_in(request)}
        )
    except Problem as refusal:
        problem = refusal_of(refusal)
    context = {
        "visitor": visitor,
        "letters": [ShownLetter.of(letter) for letter in page.items],
        "problem": problem,
        **await list_context(
            request, deps, visitor.scope, filters, page, is_read=page is not NO_LETTERS
        ),
    }
    return render(request, "dead_letters.html", context)


@router.post("/dead-letters/{letter_id}/replay")
async def replay(deps: DepsOf, sent: SentByCentreOperator, letter_id: LetterId) -> Response:
    """Have it tried again; the page that follows begins with it, and tells what came of it."""
    from_it = f"/console/dead-letters?after={letter_id + 1}"
    try:
        requested = parse(Replay, {"version": whole_number(sent.form.get("version", ""))})
        await books.replay(deps, sent.actor, letter_id, version=requested.version)
    except Problem as refusal:
        return to(f"{from_it}&problem={refusal_of(refusal)}")
    return to(saying(from_it, "letter_replayed"))


def refusal_of(refusal: Problem) -> str:
    """Which of `REFUSALS` tells that trade-core refused, or did not answer."""
    if refusal.code == VERSION_CHANGED:
        return VERSION_CHANGED
    return "core_failed" if refusal.status >= 500 else "core_refused"


def _page_in(request: Request) -> dict[str, Any]:
    """Which page of a list is meant, as trade-core takes it."""
    after = request.query_params.get("after", "").replace("\0", "")[:MAX_CURSOR_CHARS]
    return {"limit": DEFAULT_LIMIT, **({"after": after} if after else {})}
