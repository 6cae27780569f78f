"""How people enter the credentials of a channel: the words and the order of a form, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel, JsonValue

from contracts.words import Words

Kind = Literal["text", "secret", "private_key", "public_key", "certificate", "choice", "flag"]

PEM: Final[frozenset[Kind]] = frozenset({"private_key", "public_key", "certificate"})
SECRET: Final[frozenset[Kind]] = frozenset({"secret", "private_key"})


@dataclass(frozen=True, slots=True)
class FormField:
    """One credential. `help`: where people find it; `shape`: what it looks like, for whoever typed
    something else; `options`: of a choice, by value; `is_rare`: most merchants leave it alone;
    `is_bundle`: of its certificates any may be the one that counts, else the first does."""

    name: str
    title: Words
    help: Words
    kind: Kind = "text"
    shape: Words | None = None
    options: Mapping[str, Words] = field(default_factory=dict)
    is_rare: bool = False
    is_bundle: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to fill the form in: its fields are needed, `optional` ones may be given too, those
    of the other ways stay empty. `chosen_by`: the choice that stands for this way, where one does;
    a way that is taken without it has the default of the credentials."""

    name: str
    title: Words
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()
    chosen_by: tuple[str, str] | None = None

    @property
    def own(self) -> frozenset[str]:
        return frozenset((*self.fields, *self.optional))


@dataclass(frozen=True, slots=True)
class CredentialForm:
    """The fields in their order, and the alternatives among them, the usual one first."""

    fields: tuple[FormField, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    def find(self, name: str) -> FormField | None:
        return next((each for each in self.fields if each.name == name), None)


def schema(credentials: type[BaseModel], form: CredentialForm) -> dict[str, JsonValue]:
    """The JSON Schema of the credentials, with what a form needs: `x-title` and `x-help` in both
    languages, `x-order`, `x-kind` (text, secret, pem, choice, flag), `x-holds` (of a PEM: what it
    is), `x-shape`, `x-options`, `x-rare`; the alternatives as `oneOf`."""
    described: dict[str, Any] = credentials.model_json_schema()
    properties = described.get("properties", {})
    for order, each in enumerate(form.fields):
        if each.name in properties:
            properties[each.name] |= _shown(each, order)
    if form.alternatives:
        described["oneOf"] = [_one_of(each, form, properties) for each in form.alternatives]
    return described


def _shown(each: FormField, order: int) -> dict[str, Any]:
    is_pem = each.kind in PEM
    shown: dict[str, Any] = {
        "title": each.title.zh,
        "description": each.help.zh,
        "x-title": _both(each.title),
        "x-help": _both(each.help),
        "x-order": order,
        "x-kind": "pem" if is_pem else each.kind,
        "x-secret": each.kind in SECRET,
        "x-rare": each.is_rare,
    }
    if is_pem:
        shown["x-holds"] = each.kind
    if each.shape:
        shown["x-shape"] = _both(each.shape)
    if each.options:
        shown["x-options"] = {value: _both(words) for value, words in each.options.items()}
    return shown


def _one_of(
    alternative: Alternative, form: CredentialForm, described: Mapping[str, Any]
) -> dict[str, Any]:
    others = frozenset().union(*(each.own for each in form.alternatives)) - alternative.own
    required = list(alternative.fields)
    members: dict[str, Any] = dict.fromkeys(sorted(others), False)
    if alternative.chosen_by:
        name, value = alternative.chosen_by
        members[name] = {"const": value}
        if described[name].get("default") != value:
            required.append(name)
    return {
        "title": alternative.title.zh,
        "x-name": alternative.name,
        "x-title": _both(alternative.title),
        "required": required,
        "properties": members,
    }


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
