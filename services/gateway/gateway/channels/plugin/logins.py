"""How a wallet tells who the payer is, so that a page inside it can call a `jsapi` payment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.channels.plugin.messages import Moment, Reply, Request

AccountT = TypeVar("AccountT")


class NotIdentified(Exception):
    """The wallet does not say who the payer is. `is_used_code`: the code was exchanged before;
    `is_ours`: the account's settings are wrong, so that no payer of it can be identified."""

    def __init__(self, code: str, *, is_used_code: bool = False, is_ours: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_used_code = is_used_code
        self.is_ours = is_ours


@dataclass(frozen=True, slots=True)
class PayerLogin(Generic[AccountT]):
    """Silent OAuth of one channel's wallet.

    `is_possible`: whether this account's credentials suffice. `address`: of (the address to come
    back to, state): where the browser is sent. `request` exchanges the code that came back, and
    `payer` reads who it is from the reply; it raises NotIdentified or Unverifiable.
    """

    is_possible: Callable[[AccountT], bool]
    address: Callable[[str, str, AccountT], str]
    request: Callable[[str, AccountT, Moment], Request]
    payer: Callable[[Reply, AccountT, Moment], str]
