"""That the pages are told in both languages."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import gateway
import merchant_admin
from contracts.alert_titles import TITLES
from merchant_admin.api.console import kept_forms, texts
from merchant_admin.api.console.kept_forms import LABELS, is_kept
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.flows.background_exports import LISTINGS


def test_every_text_is_there_in_both_languages() -> None:
    assert all(chinese and english for chinese, english in TEXTS.values())


def test_no_text_is_written_twice() -> None:
    """The later one would win, wherever the earlier was meant."""
    modules = [import_module(f"{texts.__name__}.{it.name}") for it in iter_modules(texts.__path__)]
    written = Counter(key for module in modules for key in module.TEXTS)
    assert {key for key, times in written.items() if times > 1} == set()


def test_every_list_that_is_exported_has_words() -> None:
    assert {f"export_of.{name}" for name in LISTINGS} <= set(TEXTS)


FORM = re.compile(r'<form[^>]*method="post"(?![^>]*multipart).*?</form>', re.S)
FIELD = re.compile(
    r"""<(?:input|select|textarea|button)\b[^>]*?\bname="([a-z_]+)"|\(t, wrong, "([a-z_]+)\""""
)


def test_every_field_of_a_form_that_is_kept_has_words() -> None:
    templates = Path(merchant_admin.__file__).parent / "api/console/templates"
    fields = {"min_amount", "max_amount", "daily_limit", "merchant_id", "app_id"}  # from loops
    for path in templates.glob("*.html"):
        page = path.read_text()
        inside = [page] if path.stem.endswith("parts") else FORM.findall(page)
        fields |= {one or other for form in inside for one, other in FIELD.findall(form)}
    fields -= kept_forms.HIDDEN | {"way"}  # of uploads, which are not kept
    kept = {it for it in fields if is_kept({it: "x"})}
    assert {"amounts", "disabled", "refunds_from", "type", "display_name"} <= kept
    assert {it for it in kept if LABELS.get(it, it) not in TEXTS} == set()
    assert set(LABELS) <= kept


OWN_CODE = re.compile(r'(?:Unknown|NotSent|Declined)\(\s*"([a-z_]+)"')


def test_every_code_of_our_own_for_a_call_has_words() -> None:
    """What the gateway itself says of a call, where the channel said nothing."""
    calling = Path(gateway.__file__).parent / "calling"
    codes = {code for path in calling.glob("*.py") for code in OWN_CODE.findall(path.read_text())}
    assert "no_answer" in codes
    assert {f"failure.{code}" for code in codes} - set(TEXTS) == set()


SHOW_IT_THEMSELVES = {
    "log_in", "log_out", "prove", "restart", "take",  # the login and the guided way
    "create",  # of a counter code: the code to be printed
    "ping", "replay", "try_out",  # what came of it
}  # fmt: skip
"""Forms whose next page is what was done."""


def writes() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """What takes a form, by its name."""
    pages = Path(merchant_admin.__file__).parent / "api" / "console"
    for path in pages.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AsyncFunctionDef) and any(
                "router.post" in ast.unparse(each) for each in node.decorator_list
            ):
                yield f"{path.stem}.{node.name}", node


def pages_led_to(write: ast.AsyncFunctionDef) -> list[str]:
    """As they are written there."""
    returned = [node.value for node in ast.walk(write) if isinstance(node, ast.Return)]
    led = [ast.unparse(value) for value in returned if value]
    return [each for each in led if each.startswith("to(")]


def silent_writes() -> Iterator[str]:
    """The forms that lead to a page without saying there what was done."""
    for name, write in writes():
        if not all(re.search("problem|done|DONE|saying", led) for led in pages_led_to(write)):
            yield name


HIDDEN = {"app_id", "first_at", "key", "severity", "version"}
"""What a form carries of what was shown, and nobody fills in."""


def test_no_refused_form_leads_away_from_what_was_filled_in() -> None:
    """A message of its own stands only where there was nothing to fill in."""
    for name, write in writes():
        filled_in = set(re.findall(r"form\.get\('(\w+)'", ast.unparse(write))) - HIDDEN
        led_away = any("problem=" in led for led in pages_led_to(write))
        assert not (led_away and filled_in - {"totp"}), name


def test_every_kind_of_alert_says_what_to_do() -> None:
    explained = {
        key.removeprefix("alert_remedy.") for key in TEXTS if key.startswith("alert_remedy.")
    }
    assert explained == set(TITLES)


def test_every_write_says_what_it_has_done() -> None:
    silent = {each for each in silent_writes() if each.partition(".")[2] not in SHOW_IT_THEMSELVES}
    assert silent == set()


def audited() -> Iterator[str]:
    """The actions that flows write into the audit by name."""
    for path in (Path(merchant_admin.__file__).parent / "flows").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            place = {"record_action": 2, "AuditedCall": 0}.get(node.func.id)
            if place is None or len(node.args) <= place:
                continue
            match node.args[place]:
                case ast.Constant(value=str(action)):
                    yield action


def test_every_action_of_the_audit_has_words() -> None:
    actions = set(audited())
    assert "export.made" in actions
    wordless = {
        action
        for action in actions
        if f"audit.{action}" not in TEXTS
        and not {f"audited_call.{(of := action.partition('.'))[0]}", f"done.{of[2]}"} <= set(TEXTS)
    }
    assert wordless == set()
