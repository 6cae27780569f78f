"""Each text of a page is shown somewhere: by its name, by its beginning (`"state." ~ status`), or
by its ending (`stage ~ ".hint"`)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

import cashier
import merchant_admin
from cashier.api import texts as cashier_texts
from merchant_admin.api.console import texts as console_texts
from merchant_admin.api.console.approvals import REFUSALS
from merchant_admin.api.console.filter_fields import PAGES

QUOTED: Final = re.compile(r"""["']([\w.:-]+)["']""")
BEGUN: Final = re.compile(r"""["']([\w:]+(?:\.[\w:]+)*\.)["'{]""")
ENDED: Final = re.compile(r"""["'}]([._]\w+)["']""")

COMPUTED: Final = REFUSALS | {
    f"{field.words}{value}"
    for page in PAGES.values()
    for field in page.fields
    for value in (*field.choices, field.unless_asked)
}
"""Names that the console makes of two that it names."""

Texts = Mapping[str, tuple[str, str]]


def never_shown(texts: Texts, package: Path, written_in: Path) -> list[str]:
    source = "\n".join(
        path.read_text()
        for path in sorted(package.rglob("*"))
        if path.suffix in {".py", ".html", ".js"} and not path.is_relative_to(written_in)
    )
    quoted, begun, ended = (set(each.findall(source)) for each in (QUOTED, BEGUN, ENDED))
    quoted |= COMPUTED
    return [
        key
        for key in texts
        if key not in quoted
        and not any(key.startswith(beginning) for beginning in begun)
        and not any(key.endswith(ending) for ending in ended)
    ]


@pytest.mark.parametrize(
    ("texts", "package", "written_in"),
    [
        (cashier_texts.TEXTS, cashier.__file__, cashier_texts.__file__),
        (console_texts.TEXTS, merchant_admin.__file__, Path(console_texts.__file__).parent),
    ],
    ids=["cashier", "console"],
)
def test_each_text_is_shown_somewhere(texts: Texts, package: str, written_in: Path) -> None:
    assert never_shown(texts, Path(package).parent, Path(written_in)) == []
