"""How far somebody is on the guided way from a merchant to an app that calls (接入向导)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from merchant_admin.domain.seen import Shown


class Step(StrEnum):
    """In their order."""

    MERCHANT = "merchant"
    CHANNEL = "channel"
    CREDENTIALS = "credentials"
    TRIAL = "trial"
    APP = "app"
    KEYS = "keys"
    CALLBACK = "callback"
    HAND_OVER = "hand-over"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was made so far, by its ids, and `entered`: what was typed and is no secret. Never a
    secret: it is kept in the database as it stands. `credentials_asked`, `key_asked`,
    `callback_asked`: the approvals by which the last ones wait for a second person."""

    merchant_id: str | None = None
    channel: str | None = None
    account_id: str | None = None
    is_tried: bool = False
    app_id: str | None = None
    key_id: str | None = None
    is_called_back: bool = False
    entered: Mapping[str, str] = field(default_factory=dict)
    credentials_asked: str | None = None
    callback_asked: str | None = None
    key_asked: str | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Draft":
        known = {**kept, "account_id": kept.get("payment_id")}
        return cls(**{name: known[name] for name in cls.__dataclass_fields__ if name in known})

    def kept(self) -> dict[str, Any]:
        values = asdict(self)
        return {**values, "payment_id": values.pop("account_id")}

    def is_done(self, step: Step) -> bool:
        match step:
            case Step.MERCHANT:
                return self.merchant_id is not None
            case Step.CHANNEL:
                return self.channel is not None
            case Step.CREDENTIALS:
                return self.account_id is not None
            case Step.TRIAL:
                return self.is_tried
            case Step.APP:
                return self.app_id is not None
            case Step.KEYS:
                return self.key_id is not None
            case Step.CALLBACK:
                return self.is_called_back
            case Step.HAND_OVER:
                return False

    def may_enter(self, step: Step) -> bool:
        """Every step that is done can be seen again, and the one that comes next. Trial, keys and
        callback may be left for later."""
        may_wait = {Step.TRIAL, Step.KEYS, Step.CALLBACK}
        before = list(Step)[: list(Step).index(step)]
        return all(self.is_done(each) for each in before if each not in may_wait)

    @property
    def step(self) -> Step:
        """The first that is not done."""
        return next(each for each in Step if not self.is_done(each))

    def with_merchant(self, merchant_id: str) -> "Draft":
        return self if merchant_id == self.merchant_id else Draft(merchant_id=merchant_id)

    def with_channel(self, channel: str) -> "Draft":
        """Another account of the merchant; an app that was made stays."""
        return replace(
            self,
            channel=channel,
            account_id=None,
            is_tried=False,
            entered={},
            credentials_asked=None,
        )

    def with_account(self, account_id: str, channel: str) -> "Draft":
        """With credentials that nobody has tried."""
        return replace(
            self,
            channel=channel,
            account_id=account_id,
            is_tried=False,
            entered={},
            credentials_asked=None,
        )

    def with_app(self, app_id: str) -> "Draft":
        if app_id == self.app_id:
            return self
        return replace(
            self,
            app_id=app_id,
            key_id=None,
            is_called_back=False,
            callback_asked=None,
            key_asked=None,
        )

    def asked(self, step: Step) -> str | None:
        """The approval that decides how the step goes on."""
        match step:
            case Step.CREDENTIALS | Step.TRIAL:
                return self.credentials_asked
            case Step.KEYS:
                return self.key_asked
            case Step.CALLBACK:
                return self.callback_asked
            case _:
                return None

    def waiting(self, step: Step, approval_id: str) -> "Draft":
        """What the step asked for waits."""
        if step is Step.CALLBACK:
            return replace(self, callback_asked=approval_id)
        if step is Step.KEYS:
            return replace(self, key_asked=approval_id)
        return replace(self, credentials_asked=approval_id, entered={})

    def agreed(self, step: Step, subject: str) -> "Draft":
        """It was done: the account of this number has the credentials, the app its address or
        its key."""
        if step is Step.CALLBACK:
            return replace(self, callback_asked=None)
        if step is Step.KEYS:
            return replace(self, key_asked=None)
        return self.with_account(subject, self.channel or "")


MADE: Final[Shown[Draft]] = Shown(
    lambda draft: (draft.merchant_id, draft.channel, draft.account_id, draft.app_id)
)
"""What the form of a step works on."""
