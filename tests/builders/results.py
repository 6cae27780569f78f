"""What a channel said of a payment, by its verdict: which of the five it is."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter

from contracts.events.results import PaymentResult

_ANY: Final[TypeAdapter[PaymentResult]] = TypeAdapter(
    Annotated[PaymentResult, Field(discriminator="verdict")]
)


def payment_result_of(members: Mapping[str, Any]) -> PaymentResult:
    """The result that these members say, read as from a record. Raises ValidationError."""
    return _ANY.validate_python(dict(members))
