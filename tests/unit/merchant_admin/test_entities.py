"""Versions and rotations of what is configured, and what the audit shows of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.events.configuration import CallbackAck, LatePayment, State
from merchant_admin.domain.audit import recorded
from merchant_admin.domain.entities import SECRET_OVERLAP, App, AppTerms, advanced

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
APP = App(
    app_id="A1",
    terms=AppTerms(
        name="缴费",
        merchant_ids=("M1",),
        notify_url=None,
        callback_ack=CallbackAck.ANY_2XX,
        reinitiate_after_s=15,
        late_payment=LatePayment.ACCEPT,
        ip_allowlist=(),
    ),
    webhook_secrets_sealed=("first",),
    overlap_ends_at=None,
    state=State.ACTIVE,
    version=1,
    created_at=NOW,
    updated_at=NOW,
)


def test_a_change_makes_the_next_version() -> None:
    changed = advanced(APP, replace(APP, state=State.DISABLED), LATER)
    assert (changed.version, changed.updated_at, changed.created_at) == (2, LATER, NOW)


def test_no_change_makes_no_version() -> None:
    assert advanced(APP, replace(APP), LATER) is APP


def test_two_secrets_at_most_the_newest_first() -> None:
    rotated = APP.with_new_secret("second", NOW).with_new_secret("third", LATER)
    assert rotated.webhook_secrets_sealed == ("third", "second")
    assert rotated.overlap_ends_at == LATER + SECRET_OVERLAP


def test_after_the_overlap_the_newest_is_left() -> None:
    ended = APP.with_new_secret("second", NOW).without_old_secret()
    assert (ended.webhook_secrets_sealed, ended.overlap_ends_at) == (("second",), None)


def test_the_audit_shows_that_a_secret_changed_and_not_what_it_is() -> None:
    before = recorded(APP.entity())["webhook_secrets_sealed"]
    after = recorded(APP.with_new_secret("second", NOW).entity())["webhook_secrets_sealed"]
    assert after[1:] == before
    assert after[0] != before[0]
    assert "first" not in str(before)
