"""How people enter the credentials of a channel: what its form must say, whatever the channel."""

from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import Side

from contracts.words import Words
from gateway.channels.plugin import PEM, FormField, schema
from gateway.channels.plugin.forms import SECRET
from gateway.channels.shown_keys import shown_keys
from gateway.directory.credentials import BadCredentials, open_account

CHINESE = range(0x4E00, 0xA000)


def is_chinese(text: str) -> bool:
    return any(ord(letter) in CHINESE for letter in text)


def words_in(entered: FormField) -> list[Words]:
    shape = [entered.shape] if entered.shape else []
    return [entered.title, entered.help, *shape, *entered.options.values()]


class Forms:
    """Part of the suite of `Conformance`."""

    def test_every_credential_stands_in_the_form_once(self, side: Side) -> None:
        names = [each.name for each in side.plugin.form.fields]
        assert sorted(names) == sorted(side.plugin.credentials.model_fields)

    def test_every_field_speaks_both_languages(self, side: Side) -> None:
        plugin = side.plugin
        for each in plugin.form.fields:
            for words in words_in(each):
                assert words.zh.strip(), each.name
                assert words.en.strip(), each.name
                assert not is_chinese(words.en), (each.name, words.en)
            assert is_chinese(each.help.zh), each.name
        for alternative in plugin.form.alternatives:
            assert is_chinese(alternative.title.zh)
            assert not is_chinese(alternative.title.en)

    def test_what_has_a_form_of_its_own_says_which(self, side: Side) -> None:
        """Where a value is refused for its shape, people are told the right one."""
        for name, described in side.plugin.credentials.model_json_schema()["properties"].items():
            entered = side.plugin.form.find(name)
            assert entered is not None
            has_pattern = "pattern" in str(described)
            assert not has_pattern or entered.shape is not None, name

    def test_secrets_and_choices_are_entered_as_such(self, side: Side) -> None:
        described = side.plugin.credentials.model_json_schema()["properties"]
        for each in side.plugin.form.fields:
            is_secret = "'format': 'password'" in str(described[each.name])
            assert is_secret == (each.kind in SECRET), each.name
            assert (each.kind in PEM) == each.name.endswith("_pem"), each.name
            allowed = described[each.name].get("enum") or [described[each.name].get("const")]
            assert set(each.options) <= {*allowed, *choices(described[each.name])}, each.name

    def test_good_credentials_are_one_of_the_alternatives(self, side: Side) -> None:
        given = side.credentials()
        assert not side.plugin.form.alternatives or len(fitting(side, given)) == 1

    def test_the_schema_carries_all_that_a_form_needs(self, side: Side) -> None:
        described: Any = schema(side.plugin.credentials, side.plugin.form)
        for order, each in enumerate(side.plugin.form.fields):
            shown = described["properties"][each.name]
            assert set(shown["x-title"]) == set(shown["x-help"]) == {"zh", "en"}
            assert shown["x-order"] == order
            assert shown["x-kind"] in ("text", "secret", "pem", "choice", "flag")

    def test_faults_are_told_in_both_languages_and_in_peoples_words(self, side: Side) -> None:
        good = side.credentials()
        for each in side.plugin.form.fields:
            for bad in ("", "?" * 500, "x", 7):
                with pytest.raises(BadCredentials) as refused:
                    open_account(side.plugin, {**good, each.name: bad, "colour": "red"}, "any")
                for fault in refused.value.faults:
                    assert fault.message_zh, fault
                    assert is_chinese(fault.message_zh), fault
                    for text in (fault.message, fault.message_zh):
                        assert "Value error" not in text
                        assert "pattern" not in text
                        assert "???" not in text

    def test_keys_are_told_apart_by_their_fingerprints(self, side: Side) -> None:
        good = side.credentials()
        facts = shown_keys(side.plugin.form, good)
        named = {name for name in good if name.endswith("_pem")}
        assert {fact.field for fact in facts} == named
        assert len({fact.fingerprint for fact in facts}) >= min(2, len(facts))
        for fact in facts:
            assert len(fact.fingerprint) == 64
            assert (fact.valid_until is not None) == (fact.kind == "certificate")


def choices(described: dict[str, Any]) -> list[str]:
    """Of a choice that may be left open."""
    return [
        value
        for each in described.get("anyOf", [])
        for value in each.get("enum", [each.get("const")])
        if value is not None
    ]


def fitting(side: Side, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The alternatives of the schema that these credentials fulfil."""
    described: Any = schema(side.plugin.credentials, side.plugin.form)
    return [each for each in described.get("oneOf", []) if fulfils(each, given)]


def fulfils(alternative: dict[str, Any], given: dict[str, Any]) -> bool:
    members = alternative["properties"].items()
    return given.keys() >= set(alternative["required"]) and all(
        member is not False and given[name] == member["const"]
        for name, member in members
        if name in given
    )
