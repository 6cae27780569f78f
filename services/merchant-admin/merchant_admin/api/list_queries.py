"""What the lists of our own tables are filtered by, as parameters of the list and of its file."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.events.configuration import State
from contracts.moments import Moment
from merchant_admin.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from merchant_admin.api.parameters import Text
from merchant_admin.domain.approvals import ApprovalKind, ApprovalState
from merchant_admin.domain.expiring import Holder
from merchant_admin.domain.exports import ExportState
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Role
from merchant_admin.flows.background_exports import LISTINGS

NO_FILTERS: Final = {"after", "limit", "format"}
"""What says how the answer comes."""

UserState = Literal["active", "invited", "disabled"]
TokenState = Literal["active", "expired", "revoked"]
Ending = Literal["soon", "any", "over"]


class ListParameters(BaseModel):
    """All that is given must fit. `after` is the `next_cursor` of the page before."""

    model_config = ConfigDict(frozen=True)

    after: Annotated[str, Field(max_length=256)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def query(self, scope: Scope) -> ListQuery:
        filters: dict[str, Any] = self.model_dump(
            mode="json", exclude=NO_FILTERS, exclude_none=True
        )
        return ListQuery(scope, filters)


class PeriodParameters(ListParameters):
    """`created_from` is included, `created_before` is not."""

    created_from: Moment | None = None
    created_before: Moment | None = None


class _Named(PeriodParameters):
    """`text`: stands in the name or in the number, in any case."""

    text: Text | None = None


class MerchantParameters(_Named):
    """`channel`: those that have an account there."""

    state: State | None = None
    channel: Text | None = None


class AccountParameters(_Named):
    """`text` may stand in what the channel knows the account by, too."""

    merchant_id: Text | None = None
    channel: Text | None = None
    state: State | None = None


class AppParameters(_Named):
    merchant_id: Text | None = None
    state: State | None = None


class CodeParameters(_Named):
    merchant_id: Text | None = None
    app_id: Text | None = None
    state: State | None = None


class UserParameters(_Named):
    """`merchant_id`: who sees this merchant."""

    merchant_id: Text | None = None
    role: Role | None = None
    state: UserState | None = None


class TokenParameters(_Named):
    """`text` may stand in the name of who made it, too. `merchant_id`: what sees this merchant."""

    merchant_id: Text | None = None
    role: Role | None = None
    state: TokenState | None = None


class ApprovalParameters(PeriodParameters):
    """`number`: of the approval, or of what it is about. The period is that of being asked for."""

    state: ApprovalState | None = None
    kind: ApprovalKind | None = None
    merchant_id: Text | None = None
    number: Text | None = None
    requested_by: Text | None = None


class AuditParameters(PeriodParameters):
    """`merchant_id`: of what was done to this merchant, to what is its, or to who sees it."""

    merchant_id: Text | None = None
    entity_id: Text | None = None
    actor: Text | None = None
    action: Text | None = None


def _listing(name: str) -> str:
    if name not in LISTINGS:
        raise ValueError("is not the name of a list that is made in the background")
    return name


class ExportParameters(PeriodParameters):
    """`list`: by the name of its file, as `orders`."""

    list: Annotated[Text, AfterValidator(_listing)] | None = None
    state: ExportState | None = None


class CertificateParameters(ListParameters):
    """`ending`: within 30 days (`soon`), whenever (`any`), or already (`over`). `ends_from` is
    included, `ends_before` is not. `text`: stands in the name or number of whose it is."""

    ending: Ending = "soon"
    holder: Holder | None = None
    merchant_id: Text | None = None
    text: Text | None = None
    ends_from: Moment | None = None
    ends_before: Moment | None = None
