"""What waits for a second person, in the sentences of its page. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from foundation.money_text import money
from merchant_admin.api.console.audited import NOTHING, facts_words
from merchant_admin.api.console.sheets.sentences import sentence
from merchant_admin.domain.approvals import Approval, ApprovalKind, ApprovalState
from merchant_admin.domain.four_eyes import LIMIT_CURRENCY
from merchant_admin.domain.sheets import SEVERAL, Wording

Line = tuple[str, str | None]
"""The text of its name, and what stands behind it."""


def asked_words(approval: Approval, wording: Wording) -> str:
    lines = [(wording.t(label), value or NOTHING) for label, value in _lines(approval, wording)]
    return sentence(lines, wording)


def state_words(approval: Approval, wording: Wording) -> str:
    """What nobody decided in time is over, were that written down or not."""
    state = approval.state
    if state is ApprovalState.WAITING and not approval.is_waiting(wording.at):
        state = ApprovalState.EXPIRED
    return wording.t(f"approval_state.{state.value}")


def outcome_words(approval: Approval, wording: Wording) -> str | None:
    """Why it was not done, or the refund that came of it."""
    outcome = approval.outcome or {}
    if code := outcome.get("code"):
        key = f"failure.{code}"
        return wording.t(key if key in wording.t else "failure.other")
    if number := outcome.get("refund_no"):
        return f"{wording.t('refund_no')} {number}"
    return None


def _lines(approval: Approval, wording: Wording) -> Iterator[Line]:
    asked, shown = approval.asked, approval.asked.shown
    match asked.kind:
        case ApprovalKind.REFUND:
            yield from _refund(shown)
        case ApprovalKind.DECISION:
            yield "payment_no", shown["payment_no"]
            if shown["refund_no"]:
                yield "refund_no", shown["refund_no"]
            yield "approval_what", wording.t(f"decision.{shown['decision']}")
            yield "amount", money(shown["amount"], shown["currency"])
            yield "reason", shown["reason"]
        case ApprovalKind.CREDENTIALS:
            yield from _credentials(shown, wording)
        case ApprovalKind.CALLBACK_ADDRESS:
            yield from _callback_address(approval, wording)
        case ApprovalKind.APP_ACCESS:
            yield "name", shown["name"]
            yield "approval_what", wording.t(f"approval_access.{shown['access']}")
            if shown.get("key_id"):
                yield "key_id", shown["key_id"]
            if shown.get("fingerprint"):
                yield "fingerprint", shown["fingerprint"]
        case ApprovalKind.FOUR_EYES:
            yield "approval_before", _four_eyes(shown["before"], wording)
            yield "approval_after", _four_eyes(shown["after"], wording)


def _refund(shown: Mapping[str, Any]) -> Iterator[Line]:
    currency = shown["currency"]
    yield "merchant_order_no", shown["merchant_order_no"]
    if shown.get("subject"):
        yield "subject", shown["subject"]
    yield "amount", money(shown["amount"], currency)
    if "amount_paid" in shown:
        yield "amount_paid", money(shown["amount_paid"], currency)
        yield "amount_left", money(shown["amount_left"], currency)
    yield "reason", shown["reason"]


def _credentials(shown: Mapping[str, Any], wording: Wording) -> Iterator[Line]:
    yield "name", SEVERAL.join([shown["name"], wording.t(f"channel.{shown['channel']}")])
    what = (
        "approval_new_account"
        if shown.get("new_account")
        else "approval_new_credentials"
        if shown.get("new_credentials")
        else "approval_withdraw"
    )
    yield "approval_what", wording.t(what)
    before, facts = shown.get("facts_before"), shown.get("facts")
    if before:
        yield "approval_before", facts_words(before, wording, shown["channel"])
    if facts:
        label = "approval_after" if before else "four_eyes_credentials"
        yield label, facts_words(facts, wording, shown["channel"])


def _callback_address(approval: Approval, wording: Wording) -> Iterator[Line]:
    asked, shown = approval.asked, approval.asked.shown
    yield "name", shown["name"]
    yield "approval_before", shown["before"]
    yield "approval_after", shown["after"]
    before, after = asked.seen.get("merchant_ids", []), asked.request["merchant_ids"]
    if added := [each for each in after if each not in before]:
        yield "approval_merchants_added", wording.named(added)
    if removed := [each for each in before if each not in after]:
        yield "approval_merchants_removed", wording.named(removed)
    if shown.get("query_changed"):
        yield "approval_what", wording.t("approval_query_changed")


_SWITCHES: Final[Mapping[str, str]] = {
    "credentials": "four_eyes_credentials",
    "callback_addresses": "four_eyes_callback_addresses",
}


def _four_eyes(it: Mapping[str, Any], wording: Wording) -> str:
    t, limit = wording.t, it["refunds_from"]
    amount = NOTHING if limit is None else money(limit, LIMIT_CURRENCY)
    switches = [
        f"{t(label)} {t('approval_on' if it[name] else 'approval_off')}"
        for name, label in _SWITCHES.items()
    ]
    return SEVERAL.join([f"{t('four_eyes_refunds_from')} {amount}", *switches])
