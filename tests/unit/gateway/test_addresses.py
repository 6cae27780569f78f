"""Whose address counts: the header of a stranger is not believed."""

from ipaddress import ip_network

import pytest

from gateway.domain.addresses import caller_address, is_within

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "not an address", "None"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ("::1", "2001:db8::5", "2001:db8::5"),
        ("", "", "None"),
    ],
)
def test_the_last_address_that_is_not_ours_counts(
    peer: str, forwarded_for: str, address: str
) -> None:
    assert str(caller_address(peer, forwarded_for, PROXIES)) == address


def test_an_unreadable_address_is_within_nothing() -> None:
    assert not is_within(None, [ip_network("0.0.0.0/0")])
