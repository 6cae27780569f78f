"""What the services tell each other over Kafka, as AsyncAPI 3: `docs/asyncapi.json`.

`make golden` writes it anew from `libs/contracts`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts import topics
from contracts.events import alerts, commands, configuration, deliveries, orders, results

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docs" / "asyncapi.json"
REFERENCE: Final = "#/components/schemas/{model}"
EVERYONE: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")

DESCRIPTION: Final = """\
Each record is a CloudEvent 1.0 in JSON (structured mode) with the headers `ce_id` and `ce_type`. \
Everything may come twice, late or out of order: `id` stays the same, and the data carries the \
version or the time that decides. Within a version of a topic members are only added; readers \
ignore those that they do not know. Results, commands and configuration prove their writer in a \
header (`docs/decisions/0016-records-prove-their-writer.md`).
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """`golden`: how the names of its examples begin in `tests/contract/golden`."""

    name: str
    title: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    records: tuple[type[BaseModel], ...]
    golden: tuple[str, ...]


TOPICS: Final = (
    Topic(
        topics.ORDER_EVENTS,
        "What became true of orders, payments, refunds and splits",
        "order id",
        ("trade-core",),
        ("notifier", "merchant-admin", "cashier"),
        (orders.OrderEventRecord,),
        ("order-event",),
    ),
    Topic(
        topics.PAYMENT_RESULTS,
        "What a channel said of a payment: initiation, notification, query, close",
        "payment_no",
        ("gateway",),
        ("trade-core",),
        (results.PaymentResultRecord,),
        ("payment-result",),
    ),
    Topic(
        topics.REFUND_RESULTS,
        "What a channel said of a refund, or of a split",
        "payment_no",
        ("gateway",),
        ("trade-core",),
        (results.RefundResultRecord, results.SplitResultRecord),
        ("refund-result", "split-result"),
    ),
    Topic(
        topics.CHANNEL_COMMANDS,
        "What is to be asked of a channel; hints with a lease",
        "payment_no; of statements payment_id",
        ("trade-core",),
        ("gateway",),
        (commands.ChannelCommandRecord, commands.FetchStatementRecord),
        ("channel-command",),
    ),
    Topic(
        topics.MERCHANT_CONFIG,
        "Merchants, apps, keys, channel accounts and counter codes, each as it is now (compacted)",
        "entity id",
        ("merchant-admin",),
        ("gateway", "trade-core", "notifier"),
        (configuration.ConfigurationRecord,),
        ("configuration",),
    ),
    Topic(
        topics.DELIVERY_EVENTS,
        "How callbacks went",
        "event id",
        ("notifier",),
        ("merchant-admin",),
        (deliveries.DeliveryEventRecord,),
        ("delivery-event",),
    ),
    Topic(
        topics.ALERTS,
        "What people must know",
        "alert key",
        EVERYONE,
        ("notifier",),
        (alerts.AlertRecord,),
        ("alert",),
    ),
)

Json = dict[str, Any]


def document() -> Json:
    """The description, complete."""
    made, definitions = models_json_schema(
        [(record, "serialization") for topic in TOPICS for record in topic.records],
        ref_template=REFERENCE,
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Paymesh between its services", "version": "1.0.0"}
        | {"description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/cloudevents+json",
        "channels": {_id(topic): _channel(topic, made) for topic in TOPICS},
        "operations": dict(_operations()),
        "components": {"schemas": _discriminated(definitions["$defs"])},
    }


def _discriminated(node: Any) -> Any:
    """AsyncAPI names the member that decides, and no more."""
    match node:
        case dict():
            return {
                name: value["propertyName"]
                if name == "discriminator" and isinstance(value, dict) and "propertyName" in value
                else _discriminated(value)
                for name, value in node.items()
            }
        case list():
            return [_discriminated(item) for item in node]
        case _:
            return node


def _id(topic: Topic) -> str:
    return topic.name.removeprefix("paymesh.").removesuffix(".v1")


def _channel(topic: Topic, schemas: Mapping[Any, Json]) -> Json:
    return {
        "address": topic.name,
        "title": topic.title,
        "description": f"From {', '.join(topic.writers)} to {', '.join(topic.readers)}; "
        f"keyed by {topic.key}.",
        "messages": {
            _data(record): {
                "title": _data(record),
                "headers": {
                    "type": "object",
                    "properties": {
                        "ce_id": {"type": "string", "description": "The event's `id`"},
                        "ce_type": {"type": "string", "description": "The event's `type`"},
                    },
                },
                "payload": schemas[record, "serialization"],
            }
            for record in topic.records
        },
    }


def _operations() -> list[tuple[str, Json]]:
    return [
        (
            f"{service}.{action}.{_id(topic)}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{_id(topic)}"},
                "title": f"{service} {'writes' if action == 'send' else 'reads'} {topic.name}",
            },
        )
        for topic in TOPICS
        for action, services in (("send", topic.writers), ("receive", topic.readers))
        for service in services
    ]


def _data(record: type[BaseModel]) -> str:
    name = record.__name__
    kind = name[name.index("[") + 1 : -1]
    return kind if kind.isidentifier() else "PaymentResult"


def render() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(render())
