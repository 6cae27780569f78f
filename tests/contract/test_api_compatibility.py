"""Within v1 the API only grows: a client of the last release works with what is here."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from tests.contract.breaking import breaking_changes

HERE: Final = Path(__file__).parent
RELEASED: Final = max(HERE.glob("released/openapi-*.json"))
NOW: Final = json.loads((HERE / "openapi.json").read_text())

Json = dict[str, Any]


def test_a_client_of_the_last_release_works() -> None:
    assert breaking_changes(json.loads(RELEASED.read_text()), NOW) == []


def _remove_operation(api: Json) -> None:
    del api["paths"]["/v1/refunds"]["post"]


def _remove_answer_field(api: Json) -> None:
    del api["components"]["schemas"]["PaymentView"]["properties"]["paid_at"]


def _remove_request_field(api: Json) -> None:
    del api["components"]["schemas"]["CreatePayment"]["properties"]["metadata"]


def _require_more(api: Json) -> None:
    api["components"]["schemas"]["CreateRefund"]["required"].append("reason")


def _take_less(api: Json) -> None:
    api["components"]["schemas"]["CreatePayment"]["properties"]["subject"]["maxLength"] = 64


def _take_one_method_less(api: Json) -> None:
    api["components"]["schemas"]["Method"]["enum"].remove("h5")


def _leave_out(api: Json) -> None:
    api["components"]["schemas"]["RefundView"]["required"].remove("cause")


def _change_a_type(api: Json) -> None:
    api["components"]["schemas"]["PaymentView"]["properties"]["amount"]["type"] = "string"


def _require_a_parameter(api: Json) -> None:
    api["paths"]["/v1/payments"]["get"]["parameters"][0]["required"] = True


@pytest.mark.parametrize(
    "fault",
    [
        _remove_operation,
        _remove_answer_field,
        _remove_request_field,
        _require_more,
        _take_less,
        _take_one_method_less,
        _leave_out,
        _change_a_type,
        _require_a_parameter,
    ],
)
def test_what_breaks_clients_is_found(fault: Callable[[Json], None]) -> None:
    changed = deepcopy(NOW)
    fault(changed)
    assert breaking_changes(NOW, changed)


def test_what_only_grows_breaks_nobody() -> None:
    grown = deepcopy(NOW)
    schemas = grown["components"]["schemas"]
    schemas["PaymentView"]["properties"]["note"] = {"type": "string"}
    schemas["CreatePayment"]["properties"]["note"] = {"type": "string"}
    schemas["Method"]["enum"].append("face")
    grown["paths"]["/v1/disputes"] = {}
    assert breaking_changes(NOW, grown) == []
