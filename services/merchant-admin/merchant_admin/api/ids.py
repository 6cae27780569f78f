"""Ids in paths: what has not the form of such an id is not found, and never reaches the store."""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator

from contracts.identifiers import Kind, is_id
from merchant_admin.domain.errors import NoSuch

MAX_USERNAME_CHARS: Final = 64


def with_form_of(kind: Kind, text: str) -> str:
    """The text, which may be such an id. Raises NoSuch."""
    if not is_id(kind, text):
        raise NoSuch(kind.replace("_", " "))
    return text


def _of(kind: Kind) -> AfterValidator:
    return AfterValidator(partial(with_form_of, kind))


def _username(text: str) -> str:
    if "\0" in text or len(text) > MAX_USERNAME_CHARS:
        raise NoSuch("user")
    return text


def _session_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise NoSuch("session") from None


MerchantId = Annotated[str, _of("merchant")]
PaymentId = Annotated[str, _of("channel_account")]
AppId = Annotated[str, _of("app")]
CodeId = Annotated[str, _of("counter_code")]
KeyId = Annotated[str, _of("key")]
OrderId = Annotated[str, _of("order")]
PaymentNo = Annotated[str, _of("payment")]
RefundNo = Annotated[str, _of("refund")]
SplitNo = Annotated[str, _of("split")]
StatementNo = Annotated[str, _of("statement")]
DifferenceNo = Annotated[str, _of("difference")]
ExportId = Annotated[str, _of("export")]
ApprovalId = Annotated[str, _of("approval")]
TokenId = Annotated[str, _of("api_token")]
SessionId = Annotated[str, AfterValidator(_session_id)]
Username = Annotated[str, AfterValidator(_username)]
