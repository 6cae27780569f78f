"""Signed texts of fields that are joined as `k=v&k=v`, with nothing escaped.

Such a text can be cut into other fields than were signed. Who sees one in which a value is theirs
(a remark, the name of a payer) may have planted fields in it, and hide the true ones in the value
of another; and who sees any at all can hide a field in the value before it. What may be cut in two
ways proves that the channel signed something, and nothing of what: the channel is asked
(`verified-or-nothing`). A value may hold an `&` all the same (a shop's name): only with an `=`
after it, it looks like a field.

Where a value was planted and no field was hidden, nothing shows: then all others are the true ones,
and the planted ones stand between the value's name and the next. So nothing that looks like a
field is sent to these channels in what comes back (`unjoinable`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.channels.plugin import Notified, NotifiedPayment, Pending, Succeeded

_FIELD: Final = re.compile("&[^&=]*=")
_SIGNS: Final = str.maketrans("&=", "＆＝")


def is_ambiguous(fields: Mapping[str, str]) -> bool:
    """Whether the text that these are joined to can be cut into others as well."""
    return any(
        "&" in name or "=" in name or ("&" in value and _FIELD.search(value))
        for name, value in fields.items()
    )


def hints(notified: Iterable[Notified]) -> list[Notified]:
    """What is left of an ambiguous notification: of which payments the channel is to be asked. How
    a refund stands is asked about by trade-core's own clock."""
    asked: dict[str, Notified] = {}
    for each in notified:
        if not each.payment_no:
            continue
        is_paid = isinstance(each, NotifiedPayment) and isinstance(each.outcome, Succeeded)
        if is_paid or each.payment_no not in asked:
            outcome = Succeeded() if is_paid else Pending()
            asked[each.payment_no] = NotifiedPayment(each.payment_no, outcome, is_unbound=True)
    return list(asked.values())


def unjoinable(text: str) -> str:
    """The text with full-width forms of the two signs, which read the same."""
    return text.translate(_SIGNS)
