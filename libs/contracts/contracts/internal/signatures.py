"""Why a signature is not accepted, as a sandbox tells those who write a client."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.internal.inspection import MAX_BODY_CHARS, Line
from contracts.internal.message import Message

FaultPlace = Literal[Line, "authorization", "app", "key", "clock", "signature"]


class ExplainSignature(Message):
    """A request as it was sent; `target` is its path with the query. `signed_text`: what the app
    put under its signature, where it can tell."""

    method: Annotated[str, Field(max_length=16)]
    target: Annotated[str, Field(max_length=8_192)]
    authorization: Annotated[str, Field(max_length=8_192)]
    body: Annotated[str, Field(max_length=MAX_BODY_CHARS)] = ""
    signed_text: Annotated[str, Field(max_length=2 * MAX_BODY_CHARS)] | None = None


class SignatureFault(Message):
    """`place`: a line of the signed text, or what else is wrong."""

    place: FaultPlace
    message: str


class SignatureExplained(Message):
    """`signed_text`: what must stand under the signature of this request; it ends with a newline.
    Empty where the header cannot be read."""

    is_valid: bool
    signed_text: str
    faults: list[SignatureFault]
