"""What this service remembers of the apps' configuration."""

from typing import Any

import pytest
from tests.builders.trade_core import NOON

from chassis.consumer import Record
from contracts.events.configuration import (
    CONFIGURATION,
    SOURCE,
    ConfigurationRecord,
    LatePayment,
    RefundSplits,
)
from trade_core.consumers import AppPolicies, ChannelAccounts


def record(entity: dict[str, Any] | None) -> Record:
    value = b""
    if entity is not None:
        value = ConfigurationRecord.model_validate(
            {
                "id": "E1",
                "source": SOURCE,
                "type": CONFIGURATION,
                "subject": "A1",
                "time": NOON,
                "data": {"entity": entity},
            }
        ).to_bytes()
    return Record("merchant-config", 0, 0, "A1", value, {}, 0)


def app(version: int, late: LatePayment) -> dict[str, Any]:
    return {
        "kind": "app",
        "version": version,
        "state": "active",
        "app_id": "A1",
        "name": "物业 App",
        "merchant_ids": ["M1"],
        "notify_url": None,
        "callback_ack": "2xx",
        "reinitiate_after_s": 15,
        "late_payment": late,
        "ip_allowlist": [],
        "webhook_secrets_sealed": [],
    }


def test_late_payments_of_unknown_apps_are_accepted() -> None:
    assert AppPolicies().late_payment("A1") is LatePayment.ACCEPT


def test_newest_version_of_an_app_counts() -> None:
    policies = AppPolicies()
    policies.handle(record(app(2, LatePayment.REFUND)))
    policies.handle(record(app(1, LatePayment.ACCEPT)))
    assert policies.late_payment("A1") is LatePayment.REFUND
    policies.handle(record(app(3, LatePayment.ACCEPT)))
    assert policies.late_payment("A1") is LatePayment.ACCEPT


def test_other_entities_and_tombstones_are_passed_over() -> None:
    policies = AppPolicies()
    policies.handle(record(None))
    policies.handle(
        record(
            {
                "kind": "merchant",
                "version": 1,
                "state": "active",
                "merchant_id": "M1",
                "name": "物业",
            }
        )
    )
    assert policies.late_payment("A1") is LatePayment.ACCEPT


def test_split_money_is_returned_for_refunds_unless_the_app_says_otherwise() -> None:
    policies = AppPolicies()
    assert policies.refund_splits("A1") is RefundSplits.RETURN
    policies.handle(record(app(1, LatePayment.ACCEPT)))
    assert policies.refund_splits("A1") is RefundSplits.RETURN
    policies.handle(record({**app(2, LatePayment.ACCEPT), "refund_splits": "keep"}))
    assert policies.refund_splits("A1") is RefundSplits.KEEP


def test_unreadable_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        AppPolicies().handle(Record("merchant-config", 0, 0, "A1", b"{", {}, 0))


def channel_account(version: int, state: str = "active") -> dict[str, Any]:
    return {
        "kind": "channel_account",
        "version": version,
        "state": state,
        "payment_id": "C1",
        "merchant_id": "M1",
        "channel": "wechat",
        "name": "微信",
        "credentials_sealed": "",
    }


def test_newest_version_of_a_channel_account_counts_also_a_disabled_one() -> None:
    accounts = ChannelAccounts()
    accounts.handle(record(channel_account(2, "disabled")))
    accounts.handle(record(channel_account(1)))
    assert [account.state for account in accounts.list_all()] == ["disabled"]
    assert accounts.changes == 1


def test_what_is_no_channel_account_is_no_news_of_accounts() -> None:
    accounts = ChannelAccounts()
    accounts.handle(record(None))
    accounts.handle(record(app(1, LatePayment.ACCEPT)))
    assert (accounts.list_all(), accounts.changes) == ([], 0)
