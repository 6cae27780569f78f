"""Certificates that end: whose they are, and what stops when they do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Holder(StrEnum):
    """APP_KEY: an app signs with it. CLIENT: our callbacks show it to an app's server. ACCOUNT: a
    channel knows us by it, or we know the channel."""

    APP_KEY = "app_key"
    CLIENT = "client"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Place:
    """Of one certificate in the list of all; `what` tells those of one owner apart."""

    ends_at: datetime
    owner: str
    what: str


@dataclass(frozen=True, slots=True)
class EndingCertificate:
    """`owner`: the app or channel account; `what`: the key's id, or the field of the form."""

    holder: Holder
    owner: str
    name: str
    merchant_ids: tuple[str, ...]
    what: str
    ends_at: datetime

    @property
    def place(self) -> Place:
        return Place(self.ends_at, self.owner, self.what)
