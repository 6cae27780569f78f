"""The table of what callbacks may reach, in every form in which an address can be written."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from notifier.sending.guard import (
    NEVER,
    UNLESS_ALLOWED,
    AddressRefused,
    Guard,
    Network,
    UrlRefused,
)

DEFAULT = Guard()
OPEN_TO_ALL = Guard(allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")))
INSIDE = Guard(allowed=(ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("::1/128")))

PUBLIC = [
    "1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1",
    "192.0.1.1", "198.17.255.255", "198.20.0.1", "223.255.255.255",
    "2001:200::1", "2400:3200::1", "2606:4700::1111", "2a00:1450:4009::200e", "::ffff:1.1.1.1",
]  # fmt: skip

PRIVATE = [
    "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "::1", "100::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "5f00::1",
    "fc00::1", "fd12:3456:789a::1",
]  # fmt: skip

FORBIDDEN = [
    "0.0.0.0", "0.1.2.3", "169.254.0.1", "169.254.169.254", "169.254.170.2", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254",
    "::127.0.0.1", "::10.0.0.1", "::2", "::ffff:0:127.0.0.1", "2001::1", "2001:0:4136:e378::1",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1",
]  # fmt: skip

MAPPED_PRIVATE = ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::ffff:c0a8:1"]
MAPPED_FORBIDDEN = ["::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:a9fe:a9fe"]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_permitted(text: str) -> None:
    assert DEFAULT.permits(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE + MAPPED_PRIVATE)
def test_private_addresses_are_refused_unless_allowed(text: str) -> None:
    assert not DEFAULT.permits(ip_address(text))
    assert OPEN_TO_ALL.permits(ip_address(text))


@pytest.mark.parametrize("text", FORBIDDEN + MAPPED_FORBIDDEN)
def test_no_list_opens_metadata_multicast_or_disguises(text: str) -> None:
    assert not DEFAULT.permits(ip_address(text))
    assert not OPEN_TO_ALL.permits(ip_address(text))


@pytest.mark.parametrize("network", NEVER + UNLESS_ALLOWED, ids=str)
def test_each_network_is_closed_from_its_first_to_its_last_address(network: Network) -> None:
    assert not DEFAULT.permits(network[0])
    assert not DEFAULT.permits(network[-1])


@pytest.mark.parametrize("text", ["4000::1", "1::1", "0100:0:0:1::1", "e000::1", "7fff::1"])
def test_what_is_not_assigned_is_refused(text: str) -> None:
    assert not DEFAULT.permits(ip_address(text))


def test_allowed_networks_open_themselves_and_nothing_else() -> None:
    assert INSIDE.permits(ip_address("10.1.2.3"))
    assert INSIDE.permits(ip_address("::1"))
    assert not INSIDE.permits(ip_address("192.168.1.1"))
    assert not INSIDE.permits(ip_address("::2"))


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0"])
def test_dial_to_a_refused_address_is_ended_before_it_begins(text: str) -> None:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    target = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, 443))

    with pytest.raises(AddressRefused):
        DEFAULT.open_socket(target)


def test_dial_to_a_port_that_is_not_called_is_ended_too() -> None:
    """Whoever dials without having checked the URL, as messages to a merchant's own people are."""
    target = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("1.1.1.1", 6379))

    with pytest.raises(AddressRefused):
        DEFAULT.open_socket(target)


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/callback", "https://app.example:8080/x?y=1", "https://APP.example./",
        "https://例え.jp/", "https://1.1.1.1/", "https://[2606:4700::1111]/", "https://a_b.example/",
        "https://localhost:8443/",
    ],
)  # fmt: skip
def test_good_urls(url: str) -> None:
    assert DEFAULT.url(url).scheme == "https"


def test_plain_http_only_where_the_group_has_networks_of_its_own() -> None:
    assert INSIDE.url("http://app.example:8080/").scheme == "http"
    with pytest.raises(UrlRefused, match="must be https"):
        DEFAULT.url("http://app.example:8080/")


@pytest.mark.parametrize(
    "url",
    [
        "", "app.example", "//app.example/", "ftp://app.example/", "file:///etc/passwd",
        "gopher://app.example/", "https://", "https:///x", "https://user@app.example/",
        "https://user:pw@app.example/", "https://:pw@app.example/", "https://app.example:22/",
        "https://app.example:7999/", "https://app.example:10000/", "https://app.example:0/",
        "https://app.example:99999/", "https://app.example:x/", "https://app .example/",
        "https://app.example/\n", "https://app.example\\@127.0.0.1/", "https://app%2eexample/",
        "https://app.example%00/", "https://.../", "https://-.",
        "https://" + "a" * 64 + ".example/", "https://app.example/" + "a" * 2048, "https://[::1", "https://[fe80::1%25eth0]/",
    ],
)  # fmt: skip
def test_bad_urls(url: str) -> None:
    with pytest.raises((UrlRefused, AddressRefused)):
        DEFAULT.url(url)


@pytest.mark.parametrize(
    "host",
    [
        "0x7f000001", "0X7F.1", "2130706433", "017700000001", "127.1", "127.0.1", "0", "0x0",
        "127.0.0.1.", "1.2.3", "app.example.1", "169.254.43518", "1.1.1.0x1", "256.256.256.256",
    ],
)  # fmt: skip
def test_numbers_in_disguise_are_refused_even_where_all_is_allowed(host: str) -> None:
    with pytest.raises(UrlRefused):
        OPEN_TO_ALL.url(f"https://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "[::1]", "[::]", "[fe80::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]",
        "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1",
    ],
)  # fmt: skip
def test_literals_of_refused_addresses(host: str) -> None:
    with pytest.raises((AddressRefused, UrlRefused)):
        DEFAULT.url(f"https://{host}/")


def test_fragment_is_not_sent() -> None:
    assert str(DEFAULT.url("https://app.example/a?b=1#c")) == "https://app.example/a?b=1"


def test_ports_by_default_and_by_setting() -> None:
    assert DEFAULT.url("https://app.example:9999/").port == 9999
    assert Guard(ports=(range(22, 23),)).url("https://app.example:22/").port == 22
    with pytest.raises(UrlRefused):
        Guard(ports=(range(22, 23),)).url("https://app.example/")


@pytest.mark.parametrize(
    ("address", "is_private"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("1.1.1.1", False),
        ("8.8.8.8", False),
        ("", True),
    ],
)
def test_private_is_what_only_the_list_opens(address: str, is_private: bool) -> None:
    guard = Guard(allowed=(ip_network("10.0.0.0/8"), ip_network("8.8.8.0/24")))

    assert guard.is_private(address) is is_private
