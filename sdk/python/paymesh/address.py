"""Addresses that are given to this package, looked at before anything is sent there."""

import httpx


def checked(url: str) -> httpx.URL:
    """Raises ValueError where nothing can ever be sent to it."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url}: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ValueError(f"{url or 'nothing'} is no address: one begins with https:// or http://")
    return address
