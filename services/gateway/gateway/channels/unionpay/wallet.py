"""UnionPay's app on the payer's device: pages in it cannot call it. Source: strings of clients."""

from typing import Final

from contracts.internal import Browser, Wallet

WALLET: Final = Wallet(browsers=(Browser(says="unionpay/", place="embedded"),))
