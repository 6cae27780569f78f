"""What makes the description of the API teach: words for each field, examples, the callbacks."""

from typing import Any, Final, get_args

from contracts.api import CallbackType
from contracts.codes import Code
from gateway.api.examples import ANSWERS, EVENTS, REQUESTS, event
from gateway.api.field_texts import FIELD_TEXTS, OF_ONE_MODEL

JSON: Final = "application/json"
HEADER: Final = "#/components/headers/{}"

ANSWER_HEADERS: Final = {
    "X-Request-Id": {
        "description": "The `request_id`, of every answer; tell it when you ask us",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds; before them it is refused again. Where it is absent, waiting is "
        "not what helps, or you choose how long",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Idempotent-Replayed": {
        "description": "This was made before, by the same request; nothing was done anew",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
WITH_RETRY_AFTER: Final = (
    Code.TOO_SOON,
    Code.PAYMENT_IN_PROGRESS,
    Code.REFUND_EXCEEDS_PAID,
    Code.DECLINED,
    Code.NOT_SENT,
    Code.RATE_LIMITED,
    Code.OVERLOADED,
)
"""What may come with it; a code's answer may be without."""

ABOUT: Final = {
    "payment": "PaymentView",
    "refund": "RefundView",
    "split": "SplitView",
}
"""What a callback carries, by the first part of its type; a ping only carries `app_id`."""

Json = dict[str, Any]


def explain_fields(schemas: Json) -> None:
    """Give each property that does not explain itself the words of its name."""
    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            text = OF_ONE_MODEL.get((model, name)) or FIELD_TEXTS.get(name)
            if text is not None:
                field.setdefault("description", text)


def show_examples(paths: Json) -> None:
    """Give each operation its examples: what is sent, and what is answered where all goes well."""
    for operation in (operation for path in paths.values() for operation in path.values()):
        name = operation["operationId"]
        if name in REQUESTS:
            operation["requestBody"]["content"][JSON]["example"] = REQUESTS[name]
        for status, response in operation["responses"].items():
            if status < "300":
                response["content"][JSON]["example"] = ANSWERS[name]


def name_headers(paths: Json) -> None:
    """Say of each answer which headers of ours it may have."""
    for operation in (operation for path in paths.values() for operation in path.values()):
        for status, response in operation["responses"].items():
            names = ["X-Request-Id"]
            if any(f"`{code}`" in response["description"] for code in WITH_RETRY_AFTER):
                names.append("Retry-After")
            if status == "200" and "201" in operation["responses"]:
                names.append("Idempotent-Replayed")
            response["headers"] = {name: {"$ref": HEADER.format(name)} for name in names}


def callbacks() -> Json:
    """What we send to the app's address (Standard Webhooks), by its type."""
    return {kind: {"post": _callback(kind)} for kind in get_args(CallbackType)}


def _callback(kind: str) -> Json:
    about = ABOUT.get(kind.partition(".")[0])
    data = {"$ref": f"#/components/schemas/{about}"} if about else {"type": "object"}
    return {
        "operationId": "on_" + kind.replace(".", "_"),
        "summary": kind,
        "description": "Signed with your webhook secret (`webhook-id`, `webhook-timestamp`, "
        "`webhook-signature`; Standard Webhooks). It comes at least once and may come out of "
        "order: know it by `webhook-id`, and believe the state in `data`.",
        "tags": ["events"],
        "security": [],
        "parameters": [_header(name, text) for name, text in HEADERS.items()],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "required": ["type", "timestamp", "data"],
                        "properties": {
                            "type": {"const": kind, "description": FIELD_TEXTS["type"]},
                            "timestamp": {
                                "type": "string",
                                "format": "date-time",
                                "description": FIELD_TEXTS["timestamp"],
                            },
                            "data": data,
                        },
                    },
                    "example": event(kind, EVENTS[kind]),
                }
            },
        },
        "responses": {
            "2XX": {"description": "Taken; where the app is set so, the text `success` as well"},
            "4XX": {"description": "Not taken: we try again for seven days; after 410 not there"},
            "5XX": {"description": "Not taken: we try again for seven days"},
        },
    }


HEADERS: Final = {
    "webhook-id": "The id of the event, the same at every attempt",
    "webhook-timestamp": "Unix seconds of this attempt; refuse what is older than five minutes",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several, "
    "separated by spaces, while a secret is exchanged",
}


def _header(name: str, text: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": text,
        "schema": {"type": "string"},
    }
