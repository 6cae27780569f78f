"""Why a signed request of an app was refused, for the people who may see the app.

The gateway alone can tell: HMAC secrets are sealed to it. It only verifies and never signs, so
that whoever asks learns nothing to sign with.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.internal.message import Message

MAX_BODY_CHARS = 65_536

Line = Literal["method", "target", "timestamp", "nonce", "body"]
SignatureFinding = Literal[
    "valid",
    "malformed",
    "other_app",
    "unknown_key",
    "disabled_app",
    "other_algorithm",
    "certificate_not_valid",
    "other_text",
    "other_key",
]


class InspectSignature(Message):
    """A request as it was sent: `target` is path and query, `authorization` the header.
    `signed_text`: what the app says it signed, where its people have it."""

    app_id: str
    method: Annotated[str, Field(max_length=16)]
    target: Annotated[str, Field(max_length=8_192)]
    authorization: Annotated[str, Field(max_length=8_192)]
    body: Annotated[str, Field(max_length=MAX_BODY_CHARS)] = ""
    signed_text: Annotated[str, Field(max_length=2 * MAX_BODY_CHARS)] | None = None


class LineDifference(Message):
    """A line of the signed text that the signature is not about: `expected` is what we sign with,
    `signed` what was signed, `how` a word of the closed list in the console's texts."""

    line: Line
    how: str
    expected: str
    signed: str | None = None


class InspectedSignature(Message):
    """`verdict` is the first thing that is wrong, `detail` which part of a malformed header;
    `differences`: of `other_text`. `clock_s`: by how much the request's clock is ahead of ours,
    and `is_fresh` whether that is within the window; both count from now, so a request that was
    pasted late looks old. `text`: the signed text as we make it."""

    verdict: SignatureFinding
    detail: str = ""
    differences: list[LineDifference] = Field(default_factory=list)
    clock_s: int | None = None
    is_fresh: bool = False
    key_id: str | None = None
    alg: str | None = None
    text: str | None = None
