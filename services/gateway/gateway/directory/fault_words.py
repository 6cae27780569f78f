"""What pydantic finds wrong with a credential, in people's words and both languages."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts.words import Words
from gateway.channels.faults import Fault
from gateway.channels.plugin import FormField

Details = Mapping[str, Any]

NEEDED: Final = Words("必填", "is needed")
UNKNOWN: Final = Words("这个渠道没有此项", "is not a credential of this channel")
OF_ANOTHER_KIND: Final = Words("应为文字", "must be text")
NOT_YES_OR_NO: Final = Words("应为是或否", "must be true or false")
OF_ANOTHER_SHAPE: Final = Words("格式不正确", "does not have the right form")

_BY_TYPE: Final[Mapping[str, Callable[[Details], Words]]] = {
    "missing": lambda _: NEEDED,
    "extra_forbidden": lambda _: UNKNOWN,
    "string_type": lambda _: OF_ANOTHER_KIND,
    "bool_type": lambda _: NOT_YES_OR_NO,
    "bool_parsing": lambda _: NOT_YES_OR_NO,
    "string_too_short": lambda it: Words(
        f"太短：至少 {it['min_length']} 个字符", f"needs at least {it['min_length']} characters"
    ),
    "string_too_long": lambda it: Words(
        f"太长：最多 {it['max_length']} 个字符", f"may have at most {it['max_length']} characters"
    ),
    "literal_error": lambda it: Words(
        f"须为其中之一：{it['expected']}", f"must be one of {it['expected']}"
    ),
}


def words_of(fault: Mapping[str, Any], entered: FormField | None) -> Words:
    """`fault`: one of `ValidationError.errors` with its context; `entered`: the field of the form
    that it is about, whose shape is told where something else was typed."""
    details: Details = fault.get("ctx", {})
    if isinstance(error := details.get("error"), Fault):
        return error.words
    if (tell := _BY_TYPE.get(fault["type"])) is not None:
        return tell(details)
    shape = entered.shape if entered else None
    if shape is None:
        return OF_ANOTHER_SHAPE
    return Words(f"应为：{shape.zh}", f"must be {shape.en}")
