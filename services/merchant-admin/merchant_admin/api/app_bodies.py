"""What may be sent about an app."""

import ipaddress
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, Field

from contracts import webhooks
from contracts.api import HttpUrl
from contracts.events.configuration import (
    CallbackAck,
    CallbackSignature,
    ClientCertificate,
    LatePayment,
    RefundSplits,
    State,
)
from merchant_admin.api.bodies import Body, MerchantIds, Name, Patch, Pem, StateField
from merchant_admin.domain.entities import AppTerms, Given


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError("is not an address or a CIDR without host bits") from error


def _extra_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not webhooks.is_extra_header(name, value):
            raise ValueError(f"{name[:64]!r} is not a header that a callback may carry")
    return headers


Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], Field(strict=False, max_length=100)
]
ExtraHeaders = Annotated[
    dict[str, str], Field(max_length=webhooks.MAX_HEADERS), AfterValidator(_extra_headers)
]

Ordered = Annotated[bool, Field(validation_alias=AliasChoices("callback_ordered", "ordered"))]


class ClientCertificateBody(Body):
    """PEM texts; the certificate may be followed by those that it needs up to its root."""

    certificate_pem: Pem
    private_key_pem: Pem

    def certificate(self) -> ClientCertificate:
        return ClientCertificate(**self.model_dump())


class CreateApp(Body):
    name: Name
    merchant_ids: MerchantIds
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: Ordered = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1
    callback_client_certificate: ClientCertificateBody | None = None
    refund_splits: Annotated[RefundSplits, Field(strict=False)] = RefundSplits.RETURN

    def terms(self) -> AppTerms:
        return AppTerms(
            name=self.name,
            merchant_ids=self.merchant_ids,
            notify_url=self.notify_url,
            callback_ack=self.callback_ack,
            reinitiate_after_s=self.reinitiate_after_s,
            late_payment=self.late_payment,
            ip_allowlist=self.ip_allowlist,
            callback_ordered=self.callback_ordered,
            callback_headers=self.callback_headers,
            callback_signature=self.callback_signature,
            refund_splits=self.refund_splits,
        )


class ChangeApp(Patch):
    """`notify_url: null` removes it, so does `callback_client_certificate: null`. With
    `rotate_webhook_secret` a new secret is shown once, and callbacks carry the signatures of both
    for a day."""

    name: Name = ""
    merchant_ids: MerchantIds = ()
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: Ordered = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1
    callback_client_certificate: ClientCertificateBody | None = None
    refund_splits: Annotated[RefundSplits, Field(strict=False)] = RefundSplits.RETURN
    state: StateField = State.ACTIVE
    rotate_webhook_secret: bool = False

    def terms(self) -> dict[str, Any]:
        others = {"state", "rotate_webhook_secret", "callback_client_certificate"}
        return {name: value for name, value in self.changes().items() if name not in others}

    def new_certificate(self) -> Given[ClientCertificate] | None:
        if "callback_client_certificate" not in self.model_fields_set:
            return None
        given = self.callback_client_certificate
        return Given(given.certificate() if given else None)
