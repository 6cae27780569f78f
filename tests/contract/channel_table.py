"""The table of what each channel can do, and who judges it, in both READMEs.

`make golden` writes it anew; `test_channel_table` holds it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.api import Method
from gateway.channels.plugin import Plugin
from gateway.channels.registry import PLUGINS
from sandbox.parties import discover_parties

REPOSITORY: Final = Path(__file__).parents[2]
BEGIN: Final = "<!-- channels: made by `make golden` -->"
END: Final = "<!-- /channels -->"

JUDGES: Final = {party.name: party.judged_by for party in discover_parties()}
"""Public programs that speak to our sandbox and read what our plugins write; see tests/oracles."""

HEADS: Final = {
    "README.md": "| channel | methods, and the `action` that comes back | operations | judged by |",
    "README.zh-CN.md": "| 渠道 | 调起方式与返回的 `action` | 操作 | 检验者 |",
}


def table(
    head: str,
    plugins: Mapping[str, Plugin[Any]] = PLUGINS,
    judges: Mapping[str, str] = JUDGES,
) -> str:
    rows = [
        _row(each, judges[name]) for name, sold in plugins.items() for each in sold.list_products()
    ]
    return "\n".join([BEGIN, "", head, "|---|---|---|---|", *rows, "", END])


def _row(plugin: Plugin[Any], judge: str) -> str:
    methods = [f"`{method}` → {way.action}" for method, way in plugin.methods.items()]
    if Method.CASHIER not in plugin.methods:
        methods.append(f"`{Method.CASHIER}` → redirect")
    closes = ", ".join(f"`{method}`" for method in sorted(plugin.closes or ()))
    operations = {
        "query": plugin.query,
        f"close ({closes})" if closes else "close": plugin.close,
        "undo": plugin.undo,
        "refund": plugin.refund,
        "query refund": plugin.query_refund,
        "abnormal refund": plugin.refund_abnormal,
        "notifications": plugin.notifications,
        "statements": plugin.statements,
        "splits": plugin.splits,
        "key renewal": plugin.keys,
    }
    able = ", ".join(word for word, operation in operations.items() if operation is not None)
    return f"| {plugin.title.zh} `{plugin.name}` | {', '.join(methods)} | {able} | {judge} |"


def written(text: str, head: str) -> str:
    """The README with the table as it should be."""
    before, rest = text.split(BEGIN)
    return before + table(head) + rest.split(END)[1]


if __name__ == "__main__":
    for file, head in HEADS.items():
        path = REPOSITORY / file
        path.write_text(written(path.read_text(), head))
