"""Where callbacks may go: addresses come from apps, so they must not reach what is ours.

An address is checked when it is dialled, after the name was resolved: a check before that is undone
by a name that answers differently the second time (rebinding). Our own lists decide, not
`ipaddress.is_global`, which differs between versions of Python.
Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6890, 6052, 4291
"""

import errno
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias

from aiohttp.connector import AddrInfoType
from yarl import URL

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

DEFAULT_PORTS: Final = (range(443, 444), range(80, 81), range(8000, 10_000))

NEVER: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local: metadata of most clouds
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # the host's own services on Azure
        "192.0.0.192/32",  # metadata of Oracle Cloud
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/128",
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fd00:ec2::/32",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, deprecated
        "ff00::/8",  # multicast
    )
)
"""Nothing opens these. The forms that carry an IPv4 address could hide one of the others."""

UNLESS_ALLOWED: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "::/96",  # loopback, and IPv4-compatible
        "100::/64",  # discard
        "2001::/23",  # protocol assignments
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
    )
)
"""Not on the public Internet: refused unless the operator's list has them."""

_GLOBAL_IPV6: Final = ip_network("2000::/3")
_IPV4_COMPATIBLE: Final = ip_network("::/96")
_IPV6_LOOPBACK: Final = IPv6Address("::1")

MAX_URL_CHARS: Final = 2048
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?\Z"
)
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


class UrlRefused(ValueError):
    """The address of a callback is not of a form that we call."""


class AddressRefused(OSError):
    """The resolved address is not one that callbacks may go to."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"callbacks may not go to {address}")


@dataclass(frozen=True, slots=True)
class Guard:
    """`allowed`: private networks of the group where apps live; where there are any, plain http is
    called too. `ports`: those that are called."""

    allowed: tuple[Network, ...] = ()
    ports: tuple[range, ...] = DEFAULT_PORTS

    def url(self, text: str) -> URL:
        """The URL to call; a name in it is resolved, and its address checked, when dialled.

        The one parser whose result is also dialled, so that two cannot disagree.

        Raises:
            UrlRefused: scheme, user info, host, or port.
            AddressRefused: the host is the literal of an address that is not permitted.
        """
        if len(text) > MAX_URL_CHARS or any(c <= " " or c in "\\\x7f" for c in text):
            raise UrlRefused("too long, or has spaces, backslashes or control characters")
        try:
            url = URL(text)
        except ValueError as error:
            raise UrlRefused("is not a URL") from error
        if url.scheme != "https" and not (url.scheme == "http" and self.allowed):
            raise UrlRefused("must be https")
        if url.user is not None or url.password is not None:
            raise UrlRefused("must not carry a user or password")
        if url.port is None or not self._is_called(url.port):
            raise UrlRefused(f"port {url.port} is not called")
        self._check_host(url.raw_host or "")
        return url.with_fragment(None)

    def permits(self, address: Address) -> bool:
        """Whether a connection to this address may be opened."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if _is_in(address, NEVER) or _is_ipv4_compatible(address):
            return False
        if _is_in(address, self.allowed):
            return True
        is_assigned = address.version == 4 or address in _GLOBAL_IPV6
        return is_assigned and not _is_in(address, UNLESS_ALLOWED)

    def is_private(self, text: str) -> bool:
        """Whether this address is reached only because the operator's list has it."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return True
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return _is_in(address, self.allowed) and not replace(self, allowed=()).permits(address)

    def open_socket(self, target: AddrInfoType) -> socket.socket:
        """aiohttp's `socket_factory`: called with each resolved address before it is dialled.

        Raises:
            AddressRefused: which ends this dial.
        """
        family, kind, protocol, _, where = target
        text, port = str(where[0]).partition("%")[0], int(where[1])
        if not self.permits(ip_address(text)):
            raise AddressRefused(text)
        if not self._is_called(port):
            raise AddressRefused(f"port {port}")
        return socket.socket(family=family, type=kind, proto=protocol)

    def _is_called(self, port: int) -> bool:
        return any(port in ports for ports in self.ports)

    def _check_host(self, host: str) -> None:
        try:
            address = ip_address(host)
        except ValueError:
            if not _NAME.match(host.lower()):
                raise UrlRefused("the host is not a name") from None
            # What ends in a number is an IPv4 address to some readers: 127.1, 0x7f.1, 2130706433.
            if _NUMBER.match(host.rstrip(".").rpartition(".")[2].lower()):
                raise UrlRefused("the host is a number in disguise") from None
            return
        if not self.permits(address):
            raise AddressRefused(host)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _is_ipv4_compatible(address: Address) -> bool:
    return address in _IPV4_COMPATIBLE and address != _IPV6_LOOPBACK
