"""What was wrong with a form, under its fields, in the reader's words."""

from collections.abc import Mapping
from typing import Final

from chassis.problems import FieldError, Problem
from contracts.words import Words
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.domain.errors import VERSION_CHANGED

TOP: Final = ""
"""Where what concerns no field stands."""

_NAME: Final = Words("1 至 127 个字符，不含控制字符", "1 to 127 characters, no control characters")
_PASSWORD: Final = Words(
    "至少 12 个字符，不能是同一字符、用户名或常见密码",
    "12 characters or more, not one letter repeated, not the name, none of the common ones",
)
SHAPES: Final[Mapping[str, Words]] = {
    "name": _NAME,
    "merchant_ids": Words(
        "须为已登记的商户标识，以空格分隔，不重复",
        "must be ids of registered merchants, separated by spaces, none twice",
    ),
    "merchant_id": Words("须为已登记的商户标识，以 M 开头", "must be the id of a merchant, M…"),
    "app_id": Words("须为已登记的应用标识，以 A 开头", "must be the id of an app, A…"),
    "payment_id": Words(
        "须为已登记的支付标识，以 C 开头", "must be the id of a channel account, C…"
    ),
    "created_from": Words("请选择开始时间", "choose when it begins"),
    "created_before": Words("请选择结束时间，须晚于开始时间", "choose an end after the beginning"),
    "per_s": Words("须为 1 至 500 的整数", "must be a whole number from 1 to 500"),
    "notify_url": Words(
        "须为外网可以访问的 https:// 或 http:// 地址，不能指向内部网络",
        "must be an https:// or http:// address that can be reached from outside",
    ),
    "reinitiate_after_s": Words("须为 1 至 3600 的整数", "must be a whole number from 1 to 3600"),
    "ip_allowlist": Words(
        "每行一个地址或网段，例如 203.0.113.9 或 203.0.113.0/24",
        "one address or network a line, as 203.0.113.9 or 203.0.113.0/24",
    ),
    "public_key": Words(
        "须为所选算法的公钥（PEM 格式，RSA 至少 2048 位）",
        "must be a public key of this algorithm (PEM; RSA from 2048 bits)",
    ),
    "certificate": Words(
        "须为所选算法的有效证书（PEM 格式）",
        "must be a valid certificate with a key of this algorithm (PEM)",
    ),
    "alg": Words("请选择算法", "choose an algorithm"),
    "file": Words("请选择文件", "choose a file"),
    "day": Words(
        "请选择日期，须在最近 90 天之内，可为今天", "choose one of the last 90 days, today included"
    ),
    "expires_in_days": Words("须为 1 至 366 的整数", "must be a whole number from 1 to 366"),
    "refunds_from": Words(
        "须为大于 0 的金额，如 500.00；留空则退款不需复核",
        "must be an amount above 0, as 500.00; empty: no refund waits",
    ),
    "display_name": _NAME,
    "username": Words(
        "须为未被使用的用户名：1 至 64 个小写字母、数字或 . _ @ -",
        "must be a name that is not taken: 1 to 64 small letters, digits or . _ @ -",
    ),
    "password": _PASSWORD,
    "new_password": _PASSWORD,
    "role": Words("不能修改这个用户的角色", "this user's role cannot be changed"),
    "reason": Words("请填写说明，最多 80 个字符", "give a reason of up to 80 characters"),
}
_OTHER: Final = Words("不正确，请核对", "is not right; check it")
_BUSY: Final = Words(
    "后台服务暂时没有应答，没有保存任何内容，请稍后再试。",
    "A service behind this page does not answer. Nothing was saved; try again later.",
)
_REFUSED: Final = Words("请核对标出的各项。", "Check what is marked.")


def wrong_fields(refusal: Problem, *, inside: str = "") -> dict[str, Words]:
    """By field, what is wrong with it; `inside`: the member of the body that holds the fields.
    Under `TOP` stands what is said of the whole."""
    if refusal.code == VERSION_CHANGED:
        return {TOP: Words(*TEXTS["version_changed"])}
    if not refusal.errors:
        return {TOP: _BUSY if refusal.status >= 500 else Words(refusal.detail, refusal.detail)}
    found = {TOP: _REFUSED}
    for error in refusal.errors:
        steps = error.pointer.removeprefix(inside).split("/")
        found.setdefault(steps[1] if len(steps) > 1 else TOP, _words(steps[-1], error))
        if error.pointer.removeprefix(inside) == "":
            found[TOP] = _words("", error)
    return found


def shown_again(
    refusal: Problem, sent: Mapping[str, str], there: Mapping[str, str]
) -> Mapping[str, str]:
    """How a refused form comes back: as it was filled in, on what was seen then; or as it is
    `there`, where that has changed since."""
    return there if refusal.code == VERSION_CHANGED else sent


def _words(step: str, error: FieldError) -> Words:
    if error.message_zh is not None:
        return Words(error.message_zh, error.message)
    names = (step, *error.pointer.split("/"))
    return next((SHAPES[name] for name in names if name in SHAPES), _OTHER)
