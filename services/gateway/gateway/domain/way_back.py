"""Where the payer goes back to after our page: the app's `return_url`, told how it stands.

For display only: a payer may keep such an address and open it again, so it is never the proof
that money came. What is signed: `contracts.internal.SignWayBack`.
"""

from typing import Final
from urllib.parse import unquote_plus, urlencode, urlsplit, urlunsplit

from contracts.internal import SignWayBack

SIGNATURE: Final = "signature"


def way_back(return_url: str, shown: SignWayBack, signature: str | None) -> str:
    """The address with what is told; the app's own query stays in front, as it was written but for
    parameters of these names, of which a reader might take the app's for ours."""
    parameters = shown.model_dump(mode="json", exclude={"app_id"})
    names = {*parameters, SIGNATURE}
    if signature is not None:
        parameters[SIGNATURE] = signature
    parts = urlsplit(return_url)
    own = parts.query.split("&") if parts.query else []
    joined = "&".join([*(each for each in own if _name(each) not in names), urlencode(parameters)])
    return urlunsplit(parts._replace(query=joined))


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])
