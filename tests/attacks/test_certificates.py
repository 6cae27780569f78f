"""A certificate opens the API between its dates, and people hear of its end in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from tests.unit.gateway.harness import FakeService, harness, there
from tests.unit.gateway.test_configuration import Reader, account, app, key

from chassis.producer import Producer
from contracts import signing
from contracts.events.alerts import Alert, Severity
from contracts.events.configuration import KeyAlgorithm
from foundation.expiry import days_to_tell, end_of
from gateway.admission.authentication import Authentication, NonceMemory, SignedRequest
from gateway.channels.plugin import KeyRenewal
from gateway.directory import Directory
from gateway.domain.errors import NotAuthenticated
from gateway.jobs import CertificateWatch
from gateway.outgoing.alerts import Alerts

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
KEY = Ed25519PrivateKey.generate()


def certificate(ends: datetime = ENDS) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an app")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(BEGINS)
        .not_valid_after(ends)
        .sign(KEY, None)
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def directory() -> Directory:
    """As the configuration topic tells it."""
    reader = Reader()
    reader.apply(
        app(ip_allowlist=[]),
        key(alg=KeyAlgorithm.ED25519, public_key_pem=certificate(), secret_sealed=None),
        account(),
    )
    assert reader.alerts == []
    return reader.directory


def identify(at: datetime) -> str:
    now_s = at.timestamp()
    header = signing.authorization(
        signing.Ed25519Signer(KEY),
        alg=KeyAlgorithm.ED25519,
        app_id="A1",
        key_id="K1",
        method="GET",
        target="/v1/events",
        timestamp=int(now_s),
        nonce="n",
        body=b"",
    )
    authentication = Authentication(directory(), NonceMemory(), lambda: now_s)
    return authentication.identify(SignedRequest("GET", "/v1/events", header, b"")).app.app_id


@pytest.mark.parametrize("at", [BEGINS, BEGINS + DAY, ENDS])
def test_between_its_dates_a_certificate_opens(at: datetime) -> None:
    assert identify(at) == "A1"


@pytest.mark.parametrize("at", [BEGINS - SECOND, ENDS + SECOND, ENDS + 365 * DAY])
def test_outside_of_its_dates_it_opens_nothing(at: datetime) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        identify(at)
    assert (caught.value.status, caught.value.reason) == (401, "certificate")


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (31 * DAY, None),
        (30 * DAY, 30),
        (8 * DAY, 30),
        (7 * DAY, 7),
        (DAY, 1),
        (SECOND, 1),
        (0 * DAY, 0),
        (-DAY, 0),
    ],
)
def test_four_days_are_told(left: timedelta, days: int | None) -> None:
    assert days_to_tell(ENDS, ENDS - left) == days


class KeptAlerts(Alerts):
    """Keeps what people would hear of."""

    def __init__(self) -> None:
        super().__init__(Producer("127.0.0.1:1", "tests"), FakeService({}))
        self.kept: list[Alert] = []

    def tell(self, alert: Alert) -> None:
        self.kept.append(alert)


def test_each_day_is_told_once_of_apps_accounts_and_our_own_file(tmp_path: Path) -> None:
    here = harness()
    alerts = KeptAlerts()
    kept = alerts.kept
    here.directory.put(there(directory().find_key("K1")))
    known = there(here.directory.find_account("C1"))
    here.directory.put(replace(known, certificates={"app_cert_pem": ENDS}))
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(certificate() + certificate(ENDS - DAY))
    watch = CertificateWatch(replace(here.deps, alerts=alerts), ca_file)

    for now in (ENDS - 40 * DAY, ENDS - 29 * DAY, ENDS - 28 * DAY, ENDS - 6 * DAY, ENDS + DAY):
        watch.check(now)
        watch.check(now)

    assert [alert.key for alert in kept[:3]] == [
        "certificate:A1:K1:30",
        "certificate:C1:app_cert_pem:30",
        "certificate:gateway:ca.pem:30",
    ]
    assert [alert.key[-2:] for alert in kept[3:]] == [":7"] * 3 + [":0"] * 3
    assert {alert.merchant_id for alert in kept} == {None, "M1"}
    assert [alert.severity for alert in kept[::3]] == [
        Severity.WARNING,
        Severity.WARNING,
        Severity.CRITICAL,
    ]


def test_the_keys_of_channels_that_were_downloaded_are_watched() -> None:
    here, alerts = harness(), KeptAlerts()
    known = there(here.directory.find_account("C1"))

    def learn(*_: object) -> object:
        raise AssertionError("nothing is downloaded here")

    keys = KeyRenewal(lambda *_: None, learn, ends=lambda _: {"platform certificate 0B": ENDS})
    plugin = replace(known.plugin, keys=keys)
    here.directory.put(replace(known, plugin=plugin))
    watch = CertificateWatch(replace(here.deps, alerts=alerts), None)
    watch.check(ENDS - 40 * DAY)
    assert alerts.kept == []
    watch.check(ENDS - 7 * DAY)
    assert [(alert.key, alert.merchant_id) for alert in alerts.kept] == [
        ("certificate:C1:platform certificate 0B:7", "M1")
    ]
    here.directory.put(replace(known, plugin=plugin, is_active=False))
    watch.check(ENDS)
    assert len(alerts.kept) == 1


def test_the_configuration_says_when_the_certificates_of_an_account_end() -> None:
    reader = Reader()
    reader.apply(account(key="C1's key", url="https://fake.example"))
    assert there(reader.directory.find_account("C1")).certificates == {}
    assert end_of(certificate()) == ENDS
    assert end_of("-----BEGIN CERTIFICATE-----\nnonsense") is None
    assert end_of("a secret") is None
