"""The next end of all certificates is measured, and told on its days, once each."""

import math
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY
from tests.authority import Authority
from tests.odd_keys import of_version_six

from foundation.expiry import Certificate, Expiries, end_of

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def ending_in(days: float, name: str) -> Certificate:
    return Certificate("C1", name, NOW + timedelta(days=days))


def measured() -> float | None:
    return REGISTRY.get_sample_value("paymesh_certificate_days")


def test_the_next_end_is_measured_whoever_was_told_of_it() -> None:
    expiries = Expiries()
    ends = [ending_in(40, "far"), ending_in(6.5, "near"), ending_in(20, "between")]
    keys = [alert.key for alert in expiries.alerts(ends, NOW)]
    assert keys == ["certificate:C1:near:7", "certificate:C1:between:30"]
    assert measured() == 6.5
    assert list(expiries.alerts(ends[1:2], NOW)) == []
    assert measured() == 6.5
    assert list(expiries.alerts([], NOW)) == []
    assert measured() == math.inf


def test_a_certificate_that_nobody_can_read_has_no_end() -> None:
    assert end_of(Authority().pem) is not None
    assert end_of(of_version_six(Authority().pem)) is None
