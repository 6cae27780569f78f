"""The description of the public API, complete: bodies, answers, signature and problems.

Bodies are read by hand, after the signature was checked over their exact bytes, so FastAPI does
not see them; they are described here.
"""

from typing import Annotated, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from chassis.web import api_page, described
from contracts.api import (
    CloseOrder,
    CreatePayment,
    CreatePaymentLink,
    CreateRefund,
    CreateSplit,
    PaymentView,
)
from contracts.codes import CODES, Code
from contracts.remedies import REMEDIES
from gateway.api.teaching import (
    ANSWER_HEADERS,
    callbacks,
    explain_fields,
    name_headers,
    show_examples,
)

VERSION: Final = "1.0.0"
REFERENCE: Final = "#/components/schemas/{model}"
PROBLEM_TYPE: Final = "application/problem+json"

DESCRIPTION: Final = """\
One API for the payments of many merchants through many channels (聚合支付中心).

Every call is signed: `Authorization: PAYMESH-<ALG> app_id="A…",key_id="K…",timestamp="…",\
nonce="…",signature="…"` with ALG one of `ED25519`, `RSA-SHA256` (PKCS#1 v1.5), `HMAC-SHA256`. \
The signed text is five lines, each ended by a newline: method, path with query exactly as sent, \
timestamp (Unix seconds, ± 300 s), nonce (≤ 64 characters, never twice), body (the exact bytes, \
empty for none).

Amounts are whole numbers of minor units (分). Times are RFC 3339 in UTC. Errors are \
`application/problem+json` (RFC 9457) with a `code` of a closed list and a `request_id`.

The same order is not initiated twice within 15 seconds: the same content again is answered 200 \
with the first payment (`Idempotent-Replayed: true`), other content 409 `too_soon`. What a channel \
did is told by callback, by the events and by queries, never by the answer of the initiation.

## Errors

| code | status | again? | why | what to do |
|---|---|---|---|---|
""" + "\n".join(
    f"| `{code}` | {row.status} | {'yes' if row.retryable else 'no'} | {REMEDIES[code].cause} "
    f"| {REMEDIES[code].what_to_do} |"
    for code, row in CODES.items()
)

TAGS: Final = {
    "payments": "Take money (下单), and see how it went.",
    "orders": "What the payer owes, with all attempts to pay it.",
    "refunds": "Give money back (退款).",
    "splits": "Divide what was paid among receivers (分账).",
    "payment links": "Send a payer an address at which they pay by themselves (支付链接).",
    "events": "What we told you, pulled or pushed: events, callbacks and their addresses (回调).",
    "statements": "The money of a day, as the books have it (日结单).",
}
"""In reading order."""


class FieldFault(BaseModel):
    """What is wrong with one field."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the body")]
    message: str


class ChannelWords(BaseModel):
    """What the channel said, in its own words."""

    code: str
    message: str


class PaymentNumbers(BaseModel):
    """By which you, we and the channel know the payment that stands in the way."""

    merchant_order_no: str
    payment_no: str
    channel_trade_no: str | None


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: Code
    detail: str
    errors: list[FieldFault]
    request_id: str
    retryable: Annotated[bool, Field(description="The same request may succeed later")]
    payment: Annotated[
        PaymentView | PaymentNumbers | None,
        Field(
            description="Whole with declined, not_sent and unknown; elsewhere the numbers of the "
            "payment that stands in the way"
        ),
    ] = None
    channel: Annotated[ChannelWords | None, Field(description="Where a channel spoke")] = None


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The answers of these problems and of those that any call of an app may meet."""
    by_status: dict[int | str, list[Code]] = {}
    for code in (*codes, Code.UNAUTHENTICATED, Code.RATE_LIMITED, Code.OVERLOADED, Code.INTERNAL):
        by_status.setdefault(CODES[code].status, []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {CODES[code].title}" for code in group),
            "content": {PROBLEM_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
        }
        for status, group in sorted(by_status.items(), key=lambda item: str(item[0]))
    }


BODY_PROBLEMS: Final = (Code.BODY_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.INVALID_REQUEST)


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a JSON body that the route reads by itself."""
    reference = {"$ref": REFERENCE.format(model=model.__name__)}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The description; made when it is first asked for."""
    return described(app, _document)


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="Paymesh",
        version=VERSION,
        description=DESCRIPTION,
        routes=app.routes,
        servers=[{"url": "/", "description": "This gateway"}],
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    _, written = models_json_schema(
        [
            (model, "validation")
            for model in (CreatePayment, CloseOrder, CreateRefund, CreateSplit, CreatePaymentLink)
        ]
        + [(Problem, "serialization")],
        ref_template=REFERENCE,
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {name: schema for name, schema in written["$defs"].items() if name not in schemas}
    components["securitySchemes"] = {
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "See the description of the API: PAYMESH-<ALG> app_id=…, signature=…",
        }
    }
    made["security"] = [{"signature": []}]
    made["webhooks"] = callbacks()
    explain_fields(schemas)
    show_examples(made["paths"])
    components["headers"] = ANSWER_HEADERS
    name_headers(made["paths"])
    return made


router = api_page("Paymesh API", _document)
