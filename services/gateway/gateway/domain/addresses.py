"""Who is calling: the address of the other side, also behind proxies that we trust."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def caller_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> Address | None:
    """The last address of the chain that is not a trusted proxy of ours; None if unreadable.

    `forwarded_for` (X-Forwarded-For) is believed only as far as trusted proxies wrote it, because
    anybody can send the header.
    """
    address = _parse(peer)
    for hop in reversed(forwarded_for.split(",")) if forwarded_for else ():
        if address is None or not is_within(address, trusted):
            break
        address = _parse(hop.strip())
    return address


def is_within(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # An IPv4 caller on a dual-stack socket is still an IPv4 caller.
    return getattr(address, "ipv4_mapped", None) or address
