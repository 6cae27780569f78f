"""Callback signatures, judged by the public `standardwebhooks` package."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from contracts import webhooks

BODY = '{"type":"ping","data":{"说":"你好"}}'.encode()


def signed(*secrets: str, at: datetime) -> dict[str, str]:
    keys = [webhooks.secret_bytes(secret) for secret in secrets]
    return webhooks.sign(keys, webhook_id="E1", timestamp_s=int(at.timestamp()), body=BODY)


def test_the_public_library_accepts_our_signature() -> None:
    secret = webhooks.new_secret()
    headers = signed(secret, at=datetime.now(UTC))
    assert Webhook(secret).verify(BODY, headers) == {"type": "ping", "data": {"说": "你好"}}


def test_during_a_rotation_both_secrets_verify() -> None:
    new, old = webhooks.new_secret(), webhooks.new_secret()
    headers = signed(new, old, at=datetime.now(UTC))
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)


def test_another_secret_does_not_verify() -> None:
    headers = signed(webhooks.new_secret(), at=datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.new_secret()).verify(BODY, headers)


def test_we_accept_what_the_public_library_signs() -> None:
    secret, now = webhooks.new_secret(), datetime.now(UTC)
    headers = {
        "webhook-id": "E1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("E1", now, BODY.decode()),
    }
    assert webhooks.is_authentic(secret, headers, BODY, now_s=now.timestamp())
    assert not webhooks.is_authentic(secret, headers, BODY + b" ", now_s=now.timestamp())
    assert not webhooks.is_authentic(secret, headers, BODY, now_s=now.timestamp() + 301)


def test_a_text_that_is_no_secret_is_refused() -> None:
    with pytest.raises(ValueError):
        webhooks.secret_bytes("whsec_not base64")
    with pytest.raises(ValueError, match="too short"):
        webhooks.secret_bytes("whsec_")


@pytest.mark.parametrize(
    ("name", "value", "is_extra"),
    [
        ("X-Tenant", "north", True),
        ("Authorization", "Basic eA==", True),
        ("Webhook-Signature", "v1,x", False),
        ("webhook_signature", "v1,x", False),
        ("content-type", "text/plain", False),
        ("Host", "inside", False),
        ("X-A", "two\r\nlines", False),
        ("X A", "x", False),
        ("X-A", "x" * 1025, False),
    ],
)
def test_extra_header_is_none_of_ours_and_has_one_line(
    name: str, value: str, is_extra: bool
) -> None:
    assert webhooks.is_extra_header(name, value) is is_extra
