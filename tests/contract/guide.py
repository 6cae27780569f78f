"""What of the guide is made: the errors, the ways to pay at each channel, and what can go wrong at
the sandbox, in both languages.

`make golden` writes them anew; `test_guide` holds them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

from chassis.problems import InvalidRequest
from chassis.web import parse
from contracts.api import CreatePayment, Method
from contracts.codes import CODES
from contracts.remedies import REMEDIES
from gateway.api.example_objects import CREATE_PAYMENT
from gateway.channels.plugin import Plugin
from gateway.channels.registry import PLUGINS
from sandbox.faults import ONLY_AT, Kind, Operation

REPOSITORY: Final = Path(__file__).parents[2]
GUIDE: Final = REPOSITORY / "docs" / "guide"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

REQUEST_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

ERRORS: Final[dict[Language, str]] = {
    "en": """\
# Errors

Every error is `application/problem+json` (RFC 9457):

```json
@refused@
```

Decide by `code`, tell people `detail`, and keep `request_id` (also in the header
`X-Request-Id`) for when you ask us. "Again": the very same request may succeed when it is sent
again later; where there is a `Retry-After`, not before that.

| code | status | again | why it comes | what to do |
|---|---|---|---|---|
""",
    "zh": """\
# 错误码

所有错误都是 `application/problem+json`（RFC 9457）：

```json
@refused@
```

程序按 `code` 判断，`detail` 给人看，`request_id`（也在 `X-Request-Id` 头里）用于向我们查询。
“可重发”指稍后原样重发可能成功；有 `Retry-After` 时请等到那之后。

| code | 状态 | 可重发 | 为什么 | 怎么办 |
|---|---|---|---|---|
""",
}
AGAIN: Final[dict[Language, tuple[str, str]]] = {"en": ("no", "yes"), "zh": ("否", "是")}
WAYS: Final[dict[Language, str]] = {
    "en": "| method | channel | needs in `payer` | `action` |\n|---|---|---|---|\n",
    "zh": "| method | 渠道 | `payer` 中需要 | `action` |\n|---|---|---|---|\n",
}


FIELDS: Final[dict[Language, str]] = {
    "en": "| field | what it is | where it is found |\n|---|---|---|\n",
    "zh": "| 字段 | 是什么 | 在哪里找 |\n|---|---|---|\n",
}
GUIDE_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "statements": "Statements are fetched each morning.",
        "statement_file": "Statements are uploaded: the channel has no call for them.",
        "closes": "Closed at the channel: {}.",
        "ends": "Nothing is closed at the channel: payments end with their time.",
    },
    "zh": {
        "statements": "渠道账单每天早上自动下载。",
        "statement_file": "渠道账单由人工上传：渠道没有下载接口。",
        "closes": "可在渠道关单：{}。",
        "ends": "渠道没有关单接口：支付到期自行结束。",
    },
}

FAULTS: Final[dict[Language, str]] = {
    "en": "Operations: {}. Some faults are of one of them:\n\n| fault | at | what happens |\n",
    "zh": "操作：{}。有的故障只用于一种操作：\n\n| fault | 操作 | 会怎样 |\n",
}
FAULT_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    "delay": ("done, the answer comes after `delay_s`", "做了，`delay_s` 秒后才应答"),
    "drop_request": ("nothing was done", "什么都没做"),
    "drop_answer": ("done, the answer is lost", "做了，应答丢失"),
    "status_500": ("done, the answer is an internal error", "做了，应答为内部错误"),
    "system_error": ("done, the answer asks for a repeat", "做了，应答要求重发"),
    "rate_limited": ("surely nothing was done", "肯定没做"),
    "tamper": ("one byte of what is signed is changed", "签名内容被改一个字节"),
    "unknown_status": ("a state nobody has heard of", "没人见过的状态"),
    "wrong_amount": ("one fen more than true", "比实际多一分"),
    "duplicate": ("the notification comes twice", "通知来两次"),
    "early": ("the notification comes before the answer", "通知早于应答"),
    "hold": ("the refund stays in processing", "退款一直处理中"),
    "not_there_yet": ("the statement of the day is not made yet", "当日账单尚未生成"),
    "no_undo": ("UnionPay: the undo is refused, a refund is taken", "银联：拒绝撤销，接受退货"),
    "issuer_busy": ("UnionPay: the issuer is still at work (83)", "银联：发卡行处理中（83）"),
    "charged_late": ("UnionPay: charged too late (42)", "银联：扣款成功但超时（42）"),
    "no_balance": ("Stripe: the merchant's balance is too small", "Stripe：商户余额不足"),
    "too_early": ("the payment is not settled yet", "支付尚未结算"),
    "probe": ("WeChat Pay's probe of a signature", "微信支付的签名探测"),
    "unsigned": ("done, the answer is a no that nobody signed", "做了，应答为无人签名的拒绝"),
}


def errors(language: Language) -> str:
    rows = []
    for code, row in CODES.items():
        remedy = REMEDIES[code]
        why = (remedy.cause, remedy.cause_zh)[language == "zh"]
        what = (remedy.what_to_do, remedy.what_to_do_zh)[language == "zh"]
        again = AGAIN[language][row.retryable]
        rows.append(f"| `{code}` | {row.status} | {again} | {why} | {what} |")
    return ERRORS[language].replace("@refused@", _refused()) + "\n".join(rows) + "\n"


def _refused() -> str:
    """What the gateway answers to an amount that is a text."""
    try:
        parse(CreatePayment, CREATE_PAYMENT | {"amount": "12.99"})
    except InvalidRequest as refused:
        return json.dumps(refused.body(REQUEST_ID), ensure_ascii=False, indent=1)
    raise AssertionError("it is refused")


def ways(language: Language, plugins: Mapping[str, Plugin[Any]] = PLUGINS) -> str:
    rows = [
        f"| `{method}` | {called} `{name}` | {_code(way.needs)} | `{way.action}` |"
        for method in Method
        for name, sold in plugins.items()
        for plugin in sold.list_products()
        for called in [plugin.title.of(language)]
        if (way := plugin.methods.get(method)) is not None
    ]
    return WAYS[language] + "\n".join(rows) + "\n"


def faults(language: Language) -> str:
    operations = " ".join((*get_args(Operation), "*"))
    rows = [
        f"| `{kind}` | `{ONLY_AT.get(kind, '*')}` | {FAULT_WORDS[kind][language == 'zh']} |"
        for kind in get_args(Kind)
    ]
    return FAULTS[language].format(f"`{operations}`") + "|---|---|---|\n" + "\n".join(rows) + "\n"


def accounts(language: Language, plugins: Mapping[str, Plugin[Any]] = PLUGINS) -> str:
    """What each channel asks of its merchants, as its form says it, and what it does then."""
    return "\n".join(_account(plugin, language) for plugin in plugins.values())


def _account(plugin: Plugin[Any], language: Language) -> str:
    rows = [
        f"| `{it.name}` | {_cell(it.title.of(language))} | {_cell(it.help.of(language))} |"
        for it in plugin.form.fields
    ]
    shown = [
        GUIDE_WORDS[language]["statement_file" if plugin.statement_file else "statements"],
        GUIDE_WORDS[language]["closes" if plugin.close else "ends"].format(
            ", ".join(f"`{it}`" for it in plugin.list_methods() if plugin.closing(it))
        ),
    ]
    head = f"### {plugin.title.of(language)} `{plugin.name}`\n\n{FIELDS[language]}"
    return head + "\n".join(rows) + "\n\n" + "\n".join(shown) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def made() -> dict[Path, str]:
    """What each made file should hold."""
    return {
        GUIDE / language / name: text(language)
        for language in LANGUAGES
        for name, text in (
            ("errors.md", errors),
            (".channels.md", ways),
            (".accounts.md", accounts),
            (".faults.md", faults),
        )
    }


def blocks(page: Path, language: str | None = None) -> list[str]:
    """The blocks of code of a page, of one language or of all."""
    found = _BLOCK.findall(page.read_text())
    return [code for name, code in found if language in (None, name)]


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text)
