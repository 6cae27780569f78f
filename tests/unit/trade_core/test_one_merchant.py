"""No statement crosses merchants, but those listed here with their reason: what makes it possible
to give merchants databases of their own (docs/decisions/0027-merchants-in-several-databases.md).
"""

import re
from typing import Final

import pytest
from tests.builders.sql_texts import sql_texts

from contracts.internal import ListQuery
from trade_core import store
from trade_core.store import lists

NUMBERS: Final = (
    "merchant_id", "order_id", "payment_no", "refund_no", "split_no", "subject", "statement_no",
    "difference_no", "link_id", "code_id", "transaction_id", "payment_id", "account",
    "latest_payment_no",
)  # fmt: skip
"""What belongs to one merchant. Not `app_id`: an app may serve several."""

OPTIONAL: Final = re.compile(r"\(?\$\d+::\w+(?:\[\])? is null or [^)]*\)")
"""A filter that does not filter where nothing is given."""

BY_NUMBER: Final = re.compile(
    rf"\b(?:{'|'.join(NUMBERS)})\)?\s*=\s*(?:any\s*)?\(?\s*\$\d"
    r"|unnest\s*\(\s*\$|insert into[^;]*(?:values|select \$1,)|recordset\(\$"
)
"""Equal to what is given, or made or looked up for rows that are given."""

EACH_ITS_OWN: Final = {
    "archive._OPEN_MONTH": "makes tables",
    "archive._NEXT_OVER": "the archive of this database",
    "balances._ADD_UP": "adds up the ledger of its database",
    "balances._SETTLED": "adds up the ledger of its database",
    "channel_calls._FORGET": "forgets by age",
    "checking._BASE": "how far the check of this database came",
    "checking._BROKEN_TRANSACTIONS": "the nightly check walks through a whole ledger",
    "checking._KEPT": "the nightly check",
    "checking._PAYMENTS_AFTER": "the nightly check",
    "checking._REMEMBERED": "the nightly check",
    "checking._SUMS": "the nightly check",
    "checking._TOUCHED": "the nightly check",
    "checking._TRANSACTIONS_AFTER": "the nightly check",
    "day_statements._ADD_UP": "adds up by merchant",
    "day_statements._KEEP_LINES": "notes the lines of each merchant",
    "day_statements._POSITION": "how far the day statements of this database are",
    "due.IN_TURN": "the due loop shares its turns out among accounts",
    "due._TAKE": "the due loop",
    "due._OLDEST": "a metric",
    "due._OLDEST_UNKNOWN": "a metric",
    "due._OPENED_SINCE": "reask, after a restore of this database",
    "due._WAITING": "a metric",
    "movements._NOTE": "notes what each payment and refund moved",
    "movements._FORGET": "forgets by age",
    "reconciliations._TAKE": "the loop of reconciliations",
    "reconciliations._OUTLIVED": "forgets by age",
    "traces._FORGET": "forgets by age",
}
"""Work of a database about itself: with several, each does its own, unchanged."""

ASKED_OF_EACH: Final = {
    "balances._PAGE": "balances of all merchants, for operators",
    "dead_letters._FIND": "a dead letter by its number in this database",
    "dead_letters._NOTE_TRY": "a dead letter by its number in this database",
    "dead_letters._PAGE": "dead letters, for operators",
    "differences._VIEW": "begins other statements, which name what they read",
    "figures._FEES": "fees of all that a person may see",
    "reconciliation_views._PAGE": "reconciliations of all that a person may see",
}
"""What people see of all merchants: with several databases, asked of each and put together."""

EXCEPTIONS: Final = EACH_ITS_OWN.keys() | ASKED_OF_EACH.keys()


def crosses(text: str) -> bool:
    """Whether rows of several merchants may meet that nobody has named."""
    return BY_NUMBER.search(OPTIONAL.sub("", text)) is None


def test_no_statement_crosses_merchants_but_the_listed() -> None:
    crossing = {name.partition("(")[0] for name, text in sql_texts(store) if crosses(text)}
    assert crossing == EXCEPTIONS


def test_lists_of_apps_name_their_merchants() -> None:
    for listed in (lists.PAYMENTS, lists.ORDERS, lists.REFUNDS, lists.SPLITS):
        text, values = lists.statement(
            listed, ListQuery(app_id="A1", merchant_ids=["M1"], limit=10, order="asc"), None
        )
        assert not crosses(text)
        assert ["M1"] in values


@pytest.mark.parametrize(
    "text",
    [
        "select * from payments where state = $1",
        "select * from orders where app_id = $1 and merchant_order_no = $2",
        "select * from payments where ($1::text is null or payment_id = $1) limit $2",
        "update payments set state = 'closed' where expires_at < $1",
        "select sum(amount) from payments p join orders o using (order_id) where o.created_at > $1",
    ],
)
def test_a_statement_across_merchants_is_found(text: str) -> None:
    assert crosses(text)
