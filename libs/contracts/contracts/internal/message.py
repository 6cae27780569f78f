"""What every body of the internal HTTP is."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Immutable; readers ignore members they do not know, so that services change one by one."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
