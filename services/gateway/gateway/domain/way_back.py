"""Where the payer goes back to after our page: the app's `return_url`, told how it stands.

For display only: a payer may keep such an address and open it again, so it is never the proof
that money came. What is signed: `contracts.internal.SignWayBack`.
"""

from urllib.parse import urlencode, urlsplit, urlunsplit

from contracts.internal import SignWayBack


def way_back(return_url: str, shown: SignWayBack, signature: str | None) -> str:
    """The address with what is told; the app's own query stays in front."""
    query = shown.model_dump(mode="json", exclude={"app_id"})
    if signature is not None:
        query["signature"] = signature
    parts = urlsplit(return_url)
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit(parts._replace(query=joined))
