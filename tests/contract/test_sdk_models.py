"""The SDK's models and calls are those of the public API, though they share no code with it."""

import datetime
import inspect
import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from tests.contract.test_openapi import FILE

from paymesh import errors, models
from paymesh.calls import events, links, orders, payments, refunds, reports, splits
from paymesh.exchange import Call, Now, Send
from paymesh.models.requests import Asked

DESCRIBED: Final[dict[str, Any]] = json.loads(FILE.read_text())
SCHEMAS: Final[dict[str, Any]] = DESCRIBED["components"]["schemas"]
OURS: Final[dict[str, Any]] = {
    name: member
    for name, member in vars(models).items()
    if inspect.isclass(member) and issubclass(member, BaseModel)
}
_, _MADE = models_json_schema([(model, "validation") for model in OURS.values()])
MADE: Final[dict[str, Any]] = _MADE["$defs"]

ANY_JSON: Final = "any JSON"
OPEN: Final = "OtherAction"
"""What comes with a later release; the description of this one does not know it."""
WIDER: Final = {("PaymentLinkView", "uses"): frozenset({("integer", None), ("null", None)})}
"""A constant of this release, read as what it is one of."""


def shape(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """What a value may be, without names of enums, titles, lengths and texts."""
    if (reference := schema.get("$ref")) is not None:
        name = reference.rsplit("/", 1)[1]
        if name == "JsonValue":
            return ANY_JSON
        return shape(known[name], known) if "enum" in known[name] else name
    if "enum" in schema:
        return ("one of", *sorted(schema["enum"]))
    if "const" in schema:
        return ("one of", schema["const"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return frozenset(shape(each, known) for each in schema[union]) - {OPEN}
    match schema.get("type"):
        case "array":
            return ("list of", shape(schema["items"], known))
        case "object":
            inner = schema.get("additionalProperties", True)
            return ("map of", ANY_JSON if inner is True else shape(inner, known))
        case None:
            return ANY_JSON
        case kind:
            return (kind, schema.get("format"))


def members(name: str, known: dict[str, Any]) -> dict[str, Any]:
    required = known[name].get("required", [])
    return {
        member: (
            "required" if member in required else ("default", schema.get("default")),
            shape(schema, known),
        )
        for member, schema in known[name]["properties"].items()
    }


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "properties" in SCHEMAS[name]])
def test_a_model_has_the_members_of_its_schema(name: str) -> None:
    described = members(name, SCHEMAS)
    for (model, member), wider in WIDER.items():
        if model == name:
            described[member] = (described[member][0], wider)
    assert members(name, MADE) == described
    is_closed = SCHEMAS[name].get("additionalProperties") is False
    assert issubclass(OURS[name], Asked) == is_closed


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "enum" in SCHEMAS[name]])
def test_a_closed_list_has_the_words_of_its_schema(name: str) -> None:
    assert [word.value for word in getattr(models, name)] == SCHEMAS[name]["enum"]


def test_every_callback_has_its_type() -> None:
    assert {kind.value for kind in models.EventType} == set(DESCRIBED["webhooks"])


def test_every_code_is_an_exception() -> None:
    assert {code.value for code in errors.BY_CODE} == set(SCHEMAS["Code"]["enum"])


def test_a_word_of_a_later_release_is_kept() -> None:
    status = models.PaymentStatus("suspended")
    assert (status, status.is_known) == ("suspended", False)
    assert models.PaymentStatus.PENDING.is_known


NUMBER: Final = "N1"
DAY: Final = datetime.date(2026, 11, 28)
WHO: Final[dict[str, Any]] = {"merchant_id": "M1"}
MONEY: Final[dict[str, Any]] = {**WHO, "amount": 1, "payment_id": "C1"}
CALLS: Final[list[Callable[[], Any]]] = [
    lambda: payments.create(**MONEY, merchant_order_no=NUMBER, subject="s", method="native"),
    lambda: payments.get_(NUMBER),
    lambda: payments.list_(),
    lambda: orders.get(NUMBER, **WHO),
    lambda: orders.close(NUMBER, **WHO),
    lambda: orders.list_(),
    lambda: refunds.create(**MONEY, payment_no=NUMBER, merchant_refund_no=NUMBER),
    lambda: refunds.get(NUMBER),
    lambda: refunds.list_(),
    lambda: splits.create(**WHO, payment_no=NUMBER, merchant_split_no=NUMBER, receivers=[]),
    lambda: splits.get(NUMBER),
    lambda: splits.list_(),
    lambda: links.create(**WHO, subject="s"),
    lambda: links.get(NUMBER),
    lambda: links.disable(NUMBER),
    lambda: reports.get(DAY, **WHO),
    lambda: reports.capabilities(**WHO),
    lambda: events.page(),
    lambda: events.redeliver(NUMBER),
    lambda: events.deliveries(),
    lambda: events.ping(),
    lambda: events.endpoints(),
    lambda: events.resume(NUMBER),
]


def first_call(made: Any) -> Call[Any]:
    if isinstance(made, Call):
        return made
    assert isinstance(next(made), Now)
    step = made.send(0.0)
    assert isinstance(step, Send)
    return step.call


def test_every_operation_of_the_api_can_be_called() -> None:
    called = {(call.method, call.path) for call in (first_call(make()) for make in CALLS)}
    described = {
        (method.upper(), re.sub(r"\{date\}", DAY.isoformat(), path))
        for path, operations in DESCRIBED["paths"].items()
        for method in operations
    }
    assert called == {(method, re.sub(r"\{\w+\}", NUMBER, path)) for method, path in described}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/payments", payments.list_),
        ("/v1/orders", orders.list_),
        ("/v1/refunds", refunds.list_),
        ("/v1/splits", splits.list_),
        ("/v1/deliveries", events.deliveries),
        ("/v1/webhook-endpoints", events.endpoints),
    ],
)
def test_a_list_takes_every_filter(path: str, method: Callable[..., Any]) -> None:
    documented = {each["name"] for each in DESCRIBED["paths"][path]["get"]["parameters"]}
    own_number = {"merchant_refund_no", "merchant_split_no"}  # `find` takes these
    assert set(inspect.signature(method).parameters) == documented - own_number - {"limit"}


def test_only_what_was_given_is_sent() -> None:
    assert json.loads(first_call(CALLS[0]()).body) == {
        **MONEY,
        "merchant_order_no": NUMBER,
        "subject": "s",
        "method": "native",
    }
    many = links.create(**WHO, subject="s", uses=None)
    assert json.loads(many.body) == {**WHO, "subject": "s", "amount": None, "uses": None}


def test_a_number_stays_one_step_of_its_path() -> None:
    assert orders.get("a/../b c", **WHO).target == "/v1/orders/a%2F..%2Fb%20c?merchant_id=M1"
