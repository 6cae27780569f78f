"""Certificates that end: whose they are, and what stops when they do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from merchant_admin.domain.scope import Scope


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


@dataclass(frozen=True, slots=True)
class CertificateQuery:
    """Those that end before then, and not before `ends_from`; None fits everything. `text` stands
    in the name or number of whose it is."""

    scope: Scope
    before: datetime
    ends_from: datetime | None = None
    merchant_id: str | None = None
    text: str | None = None
    holder: Holder | None = None
