"""How values look to people."""

from foundation.money_text import BEIJING, minor_units, moment, money, plain_amount

__all__ = ["BEIJING", "minor_units", "moment", "money", "plain_amount", "raw"]


def raw(value: bytes) -> str:
    """Bytes of unknown origin as one can read them; what is no text, or reorders it, is `�`."""
    text = value.decode(errors="replace")
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)
