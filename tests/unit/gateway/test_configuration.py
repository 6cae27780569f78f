"""What merchant-admin publishes becomes what the gateway knows; what is broken stops nothing."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.unit.gateway.harness import NOW, fake_plugin, there

from chassis.consumer import Record
from contracts import sealing
from contracts.events.alerts import Alert
from contracts.events.configuration import (
    SOURCE,
    AppEntity,
    CallbackAck,
    ChannelAccountEntity,
    ConfigurationRecord,
    Entity,
    KeyAlgorithm,
    KeyEntity,
    LatePayment,
    LogoEntity,
    LogoFile,
    MerchantEntity,
    State,
    logo_of,
)
from contracts.events.configuration import (
    Configuration as ConfigurationData,
)
from gateway.directory import Directory
from gateway.directory.configuration import Configuration

KEYS = sealing.generate()


class Reader:
    """A configuration with everything it told and learned."""

    def __init__(self, channel_urls: Any = "own") -> None:
        self.directory = Directory()
        self.alerts: list[Alert] = []
        self.configuration = Configuration(
            self.directory,
            plugins={"fake": fake_plugin()},
            opener=sealing.Opener.of(KEYS.private_key),
            channel_urls=channel_urls,
            tell=self.alerts.append,
        )

    def apply(self, *entities: Entity) -> None:
        for entity in entities:
            self.apply_raw(recorded(entity))

    def apply_raw(self, value: bytes, key: str = "x") -> None:
        self.configuration.apply(Record("t", 0, 0, key, value, {}, 0))


def recorded(entity: Entity) -> bytes:
    return ConfigurationRecord(
        id="E1",
        source=SOURCE,
        type="configuration",
        subject="x",
        time=NOW,
        data=ConfigurationData(entity=entity),
    ).to_bytes()


def account(version: int = 1, *, state: State = State.ACTIVE, **credentials: Any) -> Entity:
    text = json.dumps(credentials or {"key": "C1's key"})
    return ChannelAccountEntity(
        version=version,
        state=state,
        payment_id="C1",
        merchant_id="M1",
        channel="fake",
        name="main",
        credentials_sealed=sealing.seal(KEYS.public_key, text, context="C1"),
    )


def app(version: int = 1, **changes: Any) -> AppEntity:
    entity = AppEntity(
        version=version,
        state=State.ACTIVE,
        app_id="A1",
        name="app",
        merchant_ids=["M1"],
        notify_url=None,
        callback_ack=CallbackAck.ANY_2XX,
        reinitiate_after_s=15,
        late_payment=LatePayment.ACCEPT,
        ip_allowlist=["203.0.113.7/24"],
        webhook_secrets_sealed=[],
    )
    return entity.model_copy(update=changes)


def key(version: int = 1, **changes: Any) -> KeyEntity:
    entity = KeyEntity(
        version=version,
        state=State.ACTIVE,
        key_id="K1",
        app_id="A1",
        alg=KeyAlgorithm.HMAC_SHA256,
        public_key_pem=None,
        secret_sealed=sealing.seal(KEYS.public_key, "s", context="K1"),
    )
    return entity.model_copy(update=changes)


def test_all_four_kinds_are_taken_over() -> None:
    reader = Reader()
    merchant = MerchantEntity(version=1, state=State.ACTIVE, merchant_id="M1", name="幸福物业")
    reader.apply(merchant, app(), key(), account())
    known = reader.directory
    assert there(known.find_merchant("M1")).name == "幸福物业"
    assert str(there(known.find_app("A1")).ip_allowlist[0]) == "203.0.113.0/24"
    assert there(known.find_key("K1")).verifier.verify(b"", b"") is False
    assert there(known.find_account("C1")).opened == "C1's key"
    assert list(known.accounts_of("M1")) == ["C1"]
    assert reader.alerts == []


def test_a_merchant_looks_as_it_wants_to_payers() -> None:
    reader = Reader()
    file = LogoFile(media_type="image/png", content="cG5n")
    plain = MerchantEntity(version=1, state=State.ACTIVE, merchant_id="M1", name="幸福物业公司")
    check = {"version": 2, "display_name": "幸福物业", "colour": "#0b6b63", "logo": file}
    named = account().model_copy(update={"display_name": "聚合"})
    reader.apply(plain, plain.model_copy(update=check), named)
    merchant = there(reader.directory.find_merchant("M1"))
    assert (merchant.name, merchant.colour) == ("幸福物业", "#0b6b63")
    assert there(merchant.logo).file == file
    other = LogoFile(media_type="image/png", content="cG5o")
    reader.apply(plain.model_copy(update={**check, "version": 3, "logo": other}))
    assert there(there(reader.directory.find_merchant("M1")).logo).mark != there(merchant.logo).mark
    assert there(reader.directory.find_account("C1")).display_name == "聚合"


@pytest.mark.parametrize("first", ["the merchant", "its logo"])
def test_a_logo_comes_by_itself_and_goes_by_itself(first: str) -> None:
    reader = Reader()
    merchant = MerchantEntity(version=1, state=State.ACTIVE, merchant_id="M1", name="幸福物业")
    file = LogoFile(media_type="image/png", content="cG5n")
    logo = LogoEntity(version=1, state=State.ACTIVE, merchant_id="M1", logo=file)
    reader.apply(*((merchant, logo) if first == "the merchant" else (logo, merchant)))
    assert there(there(reader.directory.find_merchant("M1")).logo).file == file
    reader.apply(merchant.model_copy(update={"version": 2, "colour": "#0b6b63"}))
    assert there(there(reader.directory.find_merchant("M1")).logo).file == file
    reader.apply(logo.model_copy(update={"version": 3, "logo": None}), logo)
    assert there(reader.directory.find_merchant("M1")).logo is None


@pytest.mark.parametrize("later", ["its merchant", "its merchant's change"])
def test_a_logo_that_was_taken_away_is_shown_no_more(later: str) -> None:
    reader = Reader()
    merchant = MerchantEntity(version=1, state=State.ACTIVE, merchant_id="M1", name="幸福物业")
    file = LogoFile(media_type="image/png", content="cG5n")
    logo = LogoEntity(version=2, state=State.ACTIVE, merchant_id="M1", logo=file)
    reader.apply(*((logo,) if later == "its merchant" else (merchant, logo)))
    reader.apply_raw(b"", key=logo_of("M1"))
    reader.apply(merchant.model_copy(update={"version": 3}), logo)
    assert there(reader.directory.find_merchant("M1")).logo is None
    reader.apply(logo.model_copy(update={"version": 4}))
    assert there(there(reader.directory.find_merchant("M1")).logo).file == file


def test_kinds_that_are_newer_than_this_release_change_nothing() -> None:
    reader = Reader()
    reader.apply_raw(recorded(app()).replace(b'"kind":"app"', b'"kind":"loyalty_card"'))
    assert reader.alerts == []
    assert reader.directory.find_app("A1") is None


def test_the_highest_version_counts_whatever_the_order() -> None:
    reader = Reader()
    reader.apply(app(3, reinitiate_after_s=3), app(2, reinitiate_after_s=2))
    assert there(reader.directory.find_app("A1")).reinitiate_after_s == 3


def test_what_comes_again_changes_nothing() -> None:
    reader = Reader()
    reader.apply(account())
    before = reader.directory.find_account("C1")
    reader.apply(account())
    assert reader.directory.find_account("C1") is before


def test_a_disabled_entity_stays_known_as_disabled() -> None:
    reader = Reader()
    reader.apply(account(1), account(2, state=State.DISABLED))
    assert there(reader.directory.find_account("C1")).is_active is False


def test_a_key_that_is_withdrawn_is_forgotten_whatever_it_holds() -> None:
    reader = Reader()
    reader.apply(key(1), key(2, state=State.DISABLED, secret_sealed=None))
    assert reader.directory.find_key("K1") is None
    assert reader.alerts == []


def test_a_tombstone_removes() -> None:
    reader = Reader()
    reader.apply(account())
    reader.apply_raw(b"", "C1")
    assert reader.directory.find_account("C1") is None
    assert list(reader.directory.accounts_of("M1")) == []


@pytest.mark.parametrize(
    "broken",
    [
        account(credentials="missing key"),
        account(key="k", url="https://elsewhere.example"),
        account().model_copy(update={"channel": "carrier-pigeon"}),
        account().model_copy(update={"credentials_sealed": "bm9uc2Vuc2U="}),
        account().model_copy(update={"payment_id": "C2"}),
        key(secret_sealed=None),
        key(alg=KeyAlgorithm.ED25519, public_key_pem="nonsense"),
        app(ip_allowlist=["everybody"]),
    ],
)
def test_what_is_broken_is_told_and_the_rest_goes_on(broken: Entity) -> None:
    reader = Reader()
    merchant = MerchantEntity(version=1, state=State.ACTIVE, merchant_id="M1", name="x")
    reader.apply(broken, merchant)
    assert len(reader.alerts) == 1
    assert reader.directory.find_merchant("M1")


def test_nonsense_on_the_topic_is_told_and_skipped() -> None:
    reader = Reader()
    reader.apply_raw(b"nonsense")
    reader.apply(app())
    assert [alert.key for alert in reader.alerts] == ["configuration:x"]
    assert reader.directory.find_app("A1")


def test_an_account_that_worked_goes_on_with_what_worked_but_can_be_disabled() -> None:
    reader = Reader()
    reader.apply(account(1), account(2, state=State.DISABLED, credentials="missing key"))
    known = reader.directory.find_account("C1")
    assert known
    assert (known.opened, known.is_active) == ("C1's key", False)


def test_a_broken_key_lets_nobody_in_with_the_former_one() -> None:
    reader = Reader()
    reader.apply(key(1), key(2, secret_sealed="broken"))
    assert reader.directory.find_key("K1") is None


def test_other_addresses_are_for_sandboxes() -> None:
    reader = Reader("any")
    reader.apply(account(key="k", url="http://127.0.0.1:8010"))
    assert reader.directory.find_account("C1")


def test_no_secret_stands_in_logs_or_alerts() -> None:
    reader = Reader()
    with capture_logs() as logged:
        reader.apply(account(key="top secret", url="top secret"), account(2, kee="top secret"))
        sealed = sealing.seal(KEYS.public_key, "{top secret", context="C1")
        reader.apply(account(3).model_copy(update={"credentials_sealed": sealed}))
    assert len(reader.alerts) == 3
    assert "top secret" not in str(logged) + str(reader.alerts)


def test_earlier_credentials_count_until_they_are_withdrawn() -> None:
    """Broken ones among them are told, and stop nothing."""
    reader = Reader()
    earlier = [
        sealing.seal(KEYS.public_key, json.dumps({"key": key}), context="C1")
        for key in ("old", "older")
    ]
    changed = account(2, key="new").model_copy(
        update={"earlier_credentials_sealed": [earlier[0], "bm9uc2Vuc2U=", earlier[1]]}
    )
    reader.apply(changed)
    assert there(reader.directory.find_account("C1")).opened == "new old older"
    assert len(reader.alerts) == 1
    reader.apply(account(3, key="new"))
    assert there(reader.directory.find_account("C1")).opened == "new"
