"""Our description of the topics, judged by the schema of AsyncAPI itself.

Collected where `npm ci` has been run in `tests/oracles/node`.
"""

import json
from pathlib import Path

from jsonschema import Draft7Validator
from tests.contract.asyncapi import FILE

SCHEMAS = Path(__file__).parent / "node" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def test_it_is_asyncapi_3() -> None:
    schema = json.loads((SCHEMAS / "3.0.0.json").read_text())
    Draft7Validator(schema).validate(json.loads(FILE.read_text()))


def test_what_is_no_asyncapi_is_found() -> None:
    schema = json.loads((SCHEMAS / "3.0.0.json").read_text())
    broken = json.loads(FILE.read_text())
    del broken["operations"]["gateway.send.payment-results"]["channel"]
    assert not Draft7Validator(schema).is_valid(broken)
