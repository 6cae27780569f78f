"""Sealed secrets open for one holder and one entity only."""

import base64

import pytest

from contracts.sealing import BadKey, CannotOpen, Opener, generate, seal

OLD_KEY = "KIf+y0bN2OLnpxnQd+epk4ykR1WbqjjeN6XfG4akqUk="
SEALED_BEFORE = (
    "AcTVhmd/xtJnZ7uVeoYXEfiJfjKX2Z9a5UihkRLg3HNMmubp8MCIcAzUa6geXVO8RD5WWqzyoMqelxTEwwo="
)


def test_the_holder_opens_what_was_sealed_for_the_entity() -> None:
    pair = generate()
    sealed = seal(pair.public_key, "密钥 secret", context="C1")
    assert Opener.of(pair.private_key).open(sealed, context="C1") == "密钥 secret"


def test_nobody_else_opens_it() -> None:
    sealed = seal(generate().public_key, "secret", context="C1")
    with pytest.raises(CannotOpen):
        Opener.of(generate().private_key).open(sealed, context="C1")


def test_it_cannot_be_moved_to_another_entity() -> None:
    pair = generate()
    sealed = seal(pair.public_key, "secret", context="C1")
    with pytest.raises(CannotOpen):
        Opener.of(pair.private_key).open(sealed, context="C2")


def test_every_changed_byte_is_noticed() -> None:
    pair = generate()
    raw = base64.b64decode(seal(pair.public_key, "secret", context="C1"))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            Opener.of(pair.private_key).open(base64.b64encode(changed).decode(), context="C1")


@pytest.mark.parametrize("text", ["", "AA==", "not base64!"])
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(CannotOpen):
        Opener.of(generate().private_key).open(text, context="C1")


def test_garbage_after_the_version_is_refused_too() -> None:
    opener = Opener.of(generate().private_key)
    for raw in (b"\x01", b"\x02", b"\x01" + bytes(32), b"\x02" + bytes(40), b"\x03" + bytes(60)):
        with pytest.raises(CannotOpen):
            opener.open(base64.b64encode(raw).decode(), context="C1")


def test_what_was_sealed_before_there_were_key_ids_is_opened() -> None:
    opener = Opener.of(f"{generate().private_key},{OLD_KEY}")
    assert opener.open(SEALED_BEFORE, context="C1") == "密钥 of old"


def test_while_a_key_is_replaced_both_are_opened_and_the_newest_is_sealed_to() -> None:
    old, new = generate(), generate()
    opener = Opener.of(f"{new.private_key}, {old.private_key}")
    assert opener.public_key == new.public_key
    for pair in (old, new):
        assert opener.open(seal(pair.public_key, "s", context="C1"), context="C1") == "s"


def test_the_key_that_is_missing_is_named_by_its_id() -> None:
    with pytest.raises(CannotOpen, match=r"the key [0-9a-f]{8}, which is not here"):
        Opener.of(generate().private_key).open(
            seal(generate().public_key, "s", context="C1"), context="C1"
        )


@pytest.mark.parametrize("text", ["", "garbage", "AAAA", "====", f"{generate().private_key},"])
def test_a_text_that_is_no_key_is_no_opener(text: str) -> None:
    with pytest.raises(BadKey, match="is not a private sealing key"):
        Opener.of(text)


def test_keys_that_open_nothing_do_not_fit() -> None:
    pair = generate()
    sealed = {f"C{n}": seal(pair.public_key, "s", context=f"C{n}") for n in range(8)}
    wrong, right = Opener.of(generate().private_key), Opener.of(pair.private_key)
    assert wrong.fits
    assert right.fits
    for context, text in sealed.items():
        right.open(text, context=context)
        with pytest.raises(CannotOpen):
            wrong.open(text, context=context)
    assert not wrong.fits
    assert right.fits


def test_keys_that_fitted_once_are_not_doubted_for_what_comes_later() -> None:
    pair = generate()
    opener = Opener.of(pair.private_key)
    opener.open(seal(pair.public_key, "s", context="C0"), context="C0")
    assert opener.fits
    for n in range(1, 9):
        with pytest.raises(CannotOpen):
            opener.open(seal(generate().public_key, "s", context=f"C{n}"), context=f"C{n}")
    assert opener.fits
