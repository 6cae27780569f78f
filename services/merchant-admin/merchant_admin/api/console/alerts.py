"""Alerts that are kept: what happened, to whom, and who has taken it up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import JsonValue

from chassis.problems import Problem
from chassis.web import Translation
from contracts.alert_titles import kind_of
from contracts.events.alerts import Severity
from contracts.internal import AlertOnFile, AlertPage, AlertTest, FindAlerts
from foundation.money_text import money
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, list_context
from merchant_admin.api.console.mentions import page_of_thing
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.visiting import (
    SeenByViewer,
    SentByCentreOperator,
    SentByOperator,
    Visitor,
    to,
)
from merchant_admin.domain.errors import VERSION_CHANGED
from merchant_admin.flows import alerts
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/alerts"
MAX_KEY_CHARS: Final = 512
REFUSALS: Final = frozenset({"alerts_failed", "alerts_404", "alerts_409", "callbacks_429"})
DONE: Final = frozenset({"alert_taken"})
NOTHING: Final = AlertPage(items=[], next_cursor=None)

router = APIRouter(include_in_schema=False, prefix=HOME)


AMOUNTS: Final = {
    "amount": "currency",
    "missing": "currency",
    "our_amount": "our_currency",
    "said_amount": "said_currency",
}
"""The facts that are minor units, each with the fact that is their currency."""

FOUND_BY_SEARCH: Final = frozenset({"merchant_order_no", "channel_trade_no", "said_trade_no"})
WORDS: Final = {
    "cause": "cause.",
    "channel": "channel.",
    "failure": "trouble.",
    "operation": "operation.",
    "verdict": "outcome.",
}
"""How the texts of their values begin."""


@dataclass(frozen=True, slots=True)
class Mention:
    """What an alert speaks of: by the `name` of the fact, with its page where it has one; `words`:
    the key of its text."""

    name: str
    value: str
    page: str | None = None
    words: str = ""

    def in_words(self, t: Translation) -> str:
        """With what it is called, where it is a fact."""
        value = t(self.words) if self.words else self.value
        return f"{t(f'fact.{self.name}')} {value}" if self.name else value


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """`kind`: of `TITLES`, None for one that has no words there."""

    it: AlertOnFile
    kind: str | None
    mentions: list[Mention]

    @classmethod
    def of(cls, alert: AlertOnFile) -> "ShownAlert":
        kind = kind_of(alert.key)
        facts = [_mention(name, alert.facts) for name in _shown(alert.facts)]
        named = [part for part in alert.key.removeprefix(kind or "").split(":") if part]
        known = {*(it.value for it in facts), alert.merchant_id}
        others = [
            Mention("", part, page_of_thing(part))
            for part in named
            if page_of_thing(part) and part not in known
        ]
        return cls(alert, kind, [*facts, *others])


def _shown(facts: Mapping[str, JsonValue]) -> list[str]:
    """The names of those that are shown: not of a currency that stands with its amount."""
    given = [name for name, fact in facts.items() if fact is not None]
    currencies = {AMOUNTS[name] for name in given if name in AMOUNTS}
    return [name for name in given if name not in currencies]


def _mention(name: str, facts: Mapping[str, JsonValue]) -> Mention:
    fact, currency = facts[name], facts.get(AMOUNTS.get(name, ""))
    if isinstance(fact, int) and isinstance(currency, str):
        return Mention(name, money(fact, currency))
    value = str(fact)
    page = page_of_thing(value)
    if page is None and name in FOUND_BY_SEARCH:
        page = f"/console/search?q={quote(value)}"
    return Mention(name, value, page, WORDS[name] + value if name in WORDS else "")


@router.get("")
async def alerts_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """The latest first."""
    problem = problem_in(request, REFUSALS)
    return await _page(request, deps, visitor, problem=problem)


@router.post("/acknowledge")
async def acknowledge(request: Request, deps: DepsOf, sent: SentByOperator) -> Response:
    """Back to the list as it was filtered."""
    key = sent.form.get("key", "")[:MAX_KEY_CHARS]
    back = f"{HOME}?{request.query_params}&" if request.query_params else f"{HOME}?"
    try:
        first_at = datetime.fromisoformat(sent.form.get("first_at", ""))
        severity = Severity(sent.form.get("severity", ""))
        await alerts.acknowledge(deps, sent.actor, sent.scope, key, first_at, severity)
    except ValueError:
        return to(f"{back}problem=alerts_404")
    except Problem as refusal:
        return to(f"{back}problem={_refusal_of(refusal)}")
    return to(f"{back}done=alert_taken")


@router.post("/test")
async def send_trial(request: Request, deps: DepsOf, sent: SentByCentreOperator) -> Response:
    try:
        tested = await alerts.send_trial(deps, sent.actor, None)
    except Problem as refusal:
        return await _page(request, deps, sent.visitor, problem=_refusal_of(refusal))
    return await _page(request, deps, sent.visitor, tested=tested)


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    *,
    tested: AlertTest | None = None,
    problem: str | None = None,
) -> Response:
    filters = LISTS["alerts"].of(request)
    after = request.query_params.get("after", "")[:MAX_KEY_CHARS] or None
    wanted = FindAlerts(**LISTS["alerts"].values(filters), after=after, limit=PAGE)
    page = NOTHING
    try:
        page = await alerts.find(deps, visitor.scope, wanted)
    except Problem as refusal:
        problem = problem or _refusal_of(refusal)
    named = {alert.merchant_id for alert in page.items if alert.merchant_id}
    context = {
        "visitor": visitor,
        **await list_context(
            request, deps, visitor.scope, filters, page, named, is_read=page is not NOTHING
        ),
        "shown": [ShownAlert.of(alert) for alert in page.items],
        "tested": tested,
        "problem": problem,
        "done": done_in(request, DONE),
    }
    return render(request, "alerts.html", context)


def _refusal_of(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it."""
    if refusal.code == VERSION_CHANGED:
        return "alerts_409"
    if refusal.status == 404:
        return "alerts_404"
    return "callbacks_429" if refusal.status == 429 else "alerts_failed"
