"""The description of the public API changes on purpose only.

`make golden` writes it anew; the difference is read in review.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import SecretStr, TypeAdapter, ValidationError
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY

from chassis.settings import AcceptedToken
from contracts import sealing
from contracts.api import CallbackType
from contracts.api.requests import Reason, Subject
from contracts.codes import CODES
from contracts.identifiers import is_id
from contracts.money import MINOR_DIGITS
from contracts.remedies import REMEDIES
from gateway.api import openapi
from gateway.api.example_objects import DELIVERED, ENDPOINT, EVENT
from gateway.api.examples import ANSWERS, EVENTS, REQUESTS
from gateway.api.field_texts import FIELD_TEXTS, OF_ONE_MODEL
from gateway.main import build
from gateway.settings import GatewaySettings

FILE: Final = Path(__file__).parent / "openapi.json"


def document() -> dict[str, Any]:
    settings = GatewaySettings(
        accepted_tokens=(AcceptedToken("cashier", SecretStr("c" * 32)),),
        trade_core_token=SecretStr("t" * 32),
        notifier_token=SecretStr("n" * 32),
        kafka_bootstrap="127.0.0.1:1",
        trade_core_url="http://127.0.0.1:1",
        notifier_url="http://127.0.0.1:1",
        public_url="http://127.0.0.1:1",
        cashier_url="http://127.0.0.1:1",
        record_keys=SecretStr(RECORD_KEY),
        configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
        sealing_key=SecretStr(sealing.generate().private_key),
        checkout_key=(SecretStr("x" * 32),),
    )
    return openapi.document(build(settings))


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def test_the_api_is_what_it_was(described: dict[str, Any]) -> None:
    assert described == json.loads(FILE.read_text())


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    components = described["components"]
    for name in references(described):
        assert name in components["schemas"] | components["headers"]


def test_every_code_is_told_with_its_status(described: dict[str, Any]) -> None:
    documented = {
        (int(status), code)
        for path in described["paths"].values()
        for call in path.values()
        for status, answer in call["responses"].items()
        for code in CODES
        if f"`{code}`" in answer["description"]
    }
    assert all(status == CODES[code].status for status, code in documented)
    assert {code for _, code in documented} == set(CODES)


def test_only_the_public_api_is_described(described: dict[str, Any]) -> None:
    assert all(path.startswith("/v1/") for path in described["paths"])


def test_it_is_a_valid_description(described: dict[str, Any]) -> None:
    validate(described)


def test_every_field_and_parameter_is_explained(described: dict[str, Any]) -> None:
    fields = {
        (model, name): field
        for model, schema in described["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
    }
    parameters = {
        (operation["operationId"], parameter["name"]): parameter
        for path in described["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
    }
    everything = fields | parameters
    assert [key for key, part in everything.items() if "description" not in part] == []


def test_every_word_about_a_field_is_used(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    fields = [(model, name) for model in schemas for name in schemas[model].get("properties", {})]
    assert FIELD_TEXTS.keys() <= {name for _, name in fields} | {"type", "timestamp"}
    assert OF_ONE_MODEL.keys() <= set(fields)


def test_every_operation_shows_an_example_that_holds(described: dict[str, Any]) -> None:
    shown = list(examples(described))
    assert len(shown) == len(ANSWERS) + len(REQUESTS) + len(EVENTS) + SHOWN_TWICE
    for schema, example in shown:
        OAS31Validator(schema | {"components": described["components"]}).validate(example)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nb", "line breaks"),
        ("a\u200bb", "U+200B"),
        ("👨\u200d👩", "U+200D"),
        ("می\u200cروم", "U+200C"),
        ("a\u202eb", "bidi controls"),
        (" ", "Not blank"),
    ],
)
def test_every_text_that_is_refused_is_described(text: str, words: str) -> None:
    for kind, name in ((Subject, "subject"), (Reason, "reason")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)
        assert words in FIELD_TEXTS[name]


def test_every_currency_is_named_in_the_guide() -> None:
    for language in ("en", "zh"):
        page = (FILE.parents[2] / "docs/guide" / language / "way-of-a-payment.md").read_text()
        assert all(f"`{currency}`" in page for currency in MINOR_DIGITS)


def test_every_callback_is_described(described: dict[str, Any]) -> None:
    assert set(described["webhooks"]) == set(get_args(CallbackType))


def test_end_of_the_events_is_no_reason_to_begin_anew(described: dict[str, Any]) -> None:
    cursor = described["components"]["schemas"]["EventPage"]["properties"]["next_cursor"]
    assert "the cursor that you had" in cursor["description"]
    for language, words in (("en", "the cursor that you had"), ("zh", "仍用手上的游标")):
        page = FILE.parents[2] / "docs/guide" / language / "reconciling.md"
        assert words in page.read_text()


@pytest.mark.parametrize("member", ["order_string", "tn", "client_secret", "publishable_key"])
def test_what_an_apps_sdk_is_given_is_named(described: dict[str, Any], member: str) -> None:
    params = described["components"]["schemas"]["AppAction"]["properties"]["params"]
    assert f"`{member}`" in params["description"]
    for language in ("en", "zh"):
        page = FILE.parents[2] / "docs/guide" / language / "methods.md"
        assert f'params.get("{member}")' in page.read_text()


def test_closed_words_of_a_delivery_are_listed(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    (error, _) = schemas["AttemptView"]["properties"]["error"]["anyOf"]
    assert {"bad_status", "address_refused"} < {*error["enum"]}
    states = ["pending", "delivered", "exhausted"]
    assert schemas["DeliveryView"]["properties"]["state"]["enum"] == states
    parameters = described["paths"]["/v1/deliveries"]["get"]["parameters"]
    (state,) = (each for each in parameters if each["name"] == "state")
    assert state["schema"]["anyOf"][0]["enum"] == states


def test_every_answer_names_its_headers(described: dict[str, Any]) -> None:
    answers = described["paths"]["/v1/payments"]["post"]["responses"]
    with_retry_after = {
        status for status, each in answers.items() if "Retry-After" in each["headers"]
    }
    assert with_retry_after == {"402", "409", "429", "502", "503"}
    assert "Idempotent-Replayed" in answers["200"]["headers"]
    assert "Idempotent-Replayed" not in answers["201"]["headers"]
    everywhere = (
        answer
        for path in described["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
    )
    assert all("X-Request-Id" in answer["headers"] for answer in everywhere)


def test_no_field_is_said_to_be_null_that_never_is(described: dict[str, Any]) -> None:
    wrong = [
        (model, name)
        for model, schema in described["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if "null" in field["description"].lower()
        and "null" not in json.dumps(field.get("anyOf"))
        and field.get("default", "") is not None
    ]
    assert wrong == []


def test_numbers_in_the_examples_are_of_the_form_that_we_make() -> None:
    assert is_id("event", EVENT)
    assert re.fullmatch(r"D\d+", DELIVERED["delivery_id"])
    assert re.fullmatch(r"L\d+", ENDPOINT["endpoint_id"])
    for language in ("en", "zh"):
        page = (FILE.parents[2] / "docs/guide" / language / "callbacks.md").read_text()
        shown = re.findall(r"webhook[-_]id[:=] ?\"?(\w+)", page)
        assert len(shown) == 2
        assert all(is_id("event", number) for number in shown)


def test_every_code_says_why_and_what_to_do() -> None:
    assert set(REMEDIES) == set(CODES)


SHOWN_TWICE: Final = 4
"""Answers of what was created before: 200 beside 201."""


def examples(described: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each example with its schema. CSV is text, and has none to be held to."""
    for path in (*described["paths"].values(), *described["webhooks"].values()):
        for operation in path.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for holder in (*bodies, *operation["responses"].values()):
                part = holder.get("content", {}).get("application/json", {})
                if "example" in part:
                    yield part["schema"], part["example"]


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in references(item)}
    if not isinstance(node, dict):
        return set()
    found = {name for item in node.values() for name in references(item)}
    if isinstance(node.get("$ref"), str):
        found.add(node["$ref"].rsplit("/", 1)[1])
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n")
