"""The form of a channel's credentials, as its JSON Schema tells it, and what was entered there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from contracts.words import Words

ANY_WAY: Final = ""
_CHECKED: Final = "on"
_YES: Final = frozenset({"1", "true", "yes", "y", "on", "是", "✓", "√"})
_NO: Final = frozenset({"0", "false", "no", "n", "off", "否", "✗", "×"})


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One field. `kind`: text, secret, pem, choice or flag; `ways`: those that have it, none where
    all do; `is_needed`: in each of these; `is_shown`: it may be seen again once it was saved."""

    name: str
    title: Words
    help: Words
    kind: str
    is_needed: bool
    is_secret: bool
    is_rare: bool
    options: Mapping[str, Words] = field(default_factory=dict)
    ways: tuple[int, ...] = ()
    default: str = ""

    @property
    def is_shown(self) -> bool:
        return not self.is_secret and self.kind != "pem"


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways that exclude each other: the fields that stay empty, and those whose value
    says that it is this way."""

    name: str
    title: Words
    excluded: frozenset[str]
    needed: frozenset[str] = frozenset()
    chosen_by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialForm:
    fields: tuple[CredentialField, ...]
    ways: tuple[Way, ...]

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> "CredentialForm":
        """A schema without the words of a form is one with its own names for words."""
        ways = tuple(
            Way(
                str(each.get("x-name", index)),
                _words(each.get("x-title"), str(index)),
                frozenset(name for name, value in _members(each).items() if value is False),
                frozenset(each.get("required", [])),
                {
                    name: str(value["const"])
                    for name, value in _members(each).items()
                    if value is not False
                },
            )
            for index, each in enumerate(schema.get("oneOf", []))
        )
        needed = frozenset(schema.get("required", []))
        properties = sorted(
            _members(schema).items(), key=lambda item: item[1].get("x-order", len(item[0]))
        )
        choices = {name for way in ways for name in way.chosen_by}
        fields = (_field(name, it, needed, ways) for name, it in properties if name not in choices)
        return cls(tuple(fields), ways)

    @property
    def sealed_options(self) -> tuple[CredentialField, ...]:
        """What may be left empty, and is not seen again once it was saved."""
        return tuple(one for one in self.fields if not one.is_shown and not one.is_needed)

    @property
    def titles(self) -> dict[str, Words]:
        """What each field is called."""
        return {one.name: one.title for one in self.fields}

    def choice(self, field: str, value: str) -> Words | None:
        """What a value is called that was chosen; None for what somebody typed."""
        chosen = [
            each.options[value]
            for each in self.fields
            if each.name == field and value in each.options
        ]
        ways = [way.title for way in self.ways if way.chosen_by.get(field) == value]
        return next(iter([*chosen, *ways]), None)

    def credentials(self, entered: Mapping[str, str], way: str) -> dict[str, JsonValue]:
        """What was entered, without what is empty or belongs to another way."""
        chosen = next((each for each in self.ways if each.name == way), None)
        excluded = chosen.excluded if chosen else frozenset()
        given: dict[str, JsonValue] = dict(chosen.chosen_by) if chosen else {}
        for one in self.fields:
            text = entered.get(one.name, "").strip()
            if one.name in excluded:
                continue
            if one.kind == "flag":
                if text:
                    given[one.name] = True
            elif text:
                given[one.name] = text
        return given

    def typed(self, cells: Mapping[str, str]) -> dict[str, JsonValue]:
        """Cells of a table as credentials; what is no field of this form goes along, and is
        refused by name."""
        flags = self._flags()
        return {
            name: text.lower() in _YES if name in flags else text for name, text in cells.items()
        }

    def unclear(self, cells: Mapping[str, str]) -> list[str]:
        """The columns that say neither yes nor no where they must."""
        flags = self._flags() & cells.keys()
        return sorted(name for name in flags if cells[name].lower() not in _YES | _NO)

    def _flags(self) -> set[str]:
        return {one.name for one in self.fields if one.kind == "flag"}

    def shown(self, credentials: Mapping[str, Any]) -> dict[str, str]:
        """What may be seen of them again, by field: no secret and no key."""
        return {
            one.name: _CHECKED if credentials[one.name] is True else str(credentials[one.name])
            for one in self.fields
            if one.is_shown and credentials.get(one.name) not in (None, False)
        }

    def sealed(self, credentials: Mapping[str, Any]) -> list[str]:
        """The fields of them that are not seen again."""
        return [one.name for one in self.fields if not one.is_shown and credentials.get(one.name)]

    def replaced(self, shown: Mapping[str, Any], way: str) -> dict[str, bool]:
        """The options of this way that credentials would lose which do not have them, by name:
        whether it is known that they were set. `shown`: what is known of those before."""
        before = shown.get("sealed")
        excluded = next((each.excluded for each in self.ways if each.name == way), frozenset())
        return {
            one.name: before is not None
            for one in self.sealed_options
            if one.name not in excluded and (before is None or one.name in before)
        }

    def way_of(self, credentials: Mapping[str, Any]) -> str:
        """The first of the ways in which these credentials were entered."""
        for way in self.ways:
            is_chosen = all(
                credentials.get(name, value) == value for name, value in way.chosen_by.items()
            )
            if is_chosen and way.excluded.isdisjoint(credentials):
                return way.name
        return self.ways[0].name if self.ways else ANY_WAY


def _field(
    name: str, shown: Mapping[str, Any], needed: frozenset[str], ways: tuple[Way, ...]
) -> CredentialField:
    excluded = any(name in way.excluded for way in ways)
    default = shown.get("default")
    return CredentialField(
        name=name,
        title=_words(shown.get("x-title"), name),
        help=_words(shown.get("x-help"), ""),
        kind=str(shown.get("x-kind", "text")),
        is_needed=name in needed or any(name in way.needed for way in ways),
        is_secret=shown.get("x-secret") is True or "password" in str(shown.get("format")),
        is_rare=shown.get("x-rare") is True,
        options={
            value: _words(words, value) for value, words in shown.get("x-options", {}).items()
        },
        ways=tuple(
            index for index, way in enumerate(ways, 1) if excluded and name not in way.excluded
        ),
        default=default if isinstance(default, str) else "",
    )


def _members(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    members: Mapping[str, Any] = schema.get("properties", {})
    return members


def _words(both: Mapping[str, str] | None, otherwise: str) -> Words:
    return Words(both["zh"], both["en"]) if both else Words(otherwise, otherwise)
