"""`/api/certificates`: which certificates of apps and channel accounts end, and when."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from merchant_admin.api.access import DepsOf, Viewer
from merchant_admin.api.list_queries import CertificateParameters
from merchant_admin.api.paging import (
    Page,
    certificate_after,
    page_of,
    place_of_certificate,
)
from merchant_admin.domain.expiring import EndingCertificate, Holder
from merchant_admin.flows import expiring

router = APIRouter(prefix="/api/certificates")


class CertificateView(BaseModel):
    """`holder`: `app_key` (an app signs with it), `client` (our callbacks show it), `account` (of a
    channel account). `owner`: the app or the channel account."""

    holder: Holder
    owner: str
    name: str
    merchant_ids: list[str]
    what: str
    ends_at: datetime

    @classmethod
    def of(cls, it: EndingCertificate) -> "CertificateView":
        return cls(
            holder=it.holder,
            owner=it.owner,
            name=it.name,
            merchant_ids=list(it.merchant_ids),
            what=it.what,
            ends_at=it.ends_at,
        )


@router.get("")
async def list_certificates(
    deps: DepsOf, caller: Viewer, query: Annotated[CertificateParameters, Query()]
) -> Page[CertificateView]:
    """The next to end first."""
    found = await expiring.read_page(
        deps,
        query.query(caller.scope),
        after=certificate_after(query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=CertificateView.of, place=place_of_certificate)
