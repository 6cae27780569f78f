"""Sealed secrets open for one holder and one entity only."""

import base64

import pytest

from contracts.sealing import CannotOpen, generate, open_sealed, seal


def test_the_holder_opens_what_was_sealed_for_the_entity() -> None:
    pair = generate()
    sealed = seal(pair.public_key, "密钥 secret", context="C1")
    assert open_sealed(pair.private_key, sealed, context="C1") == "密钥 secret"


def test_nobody_else_opens_it() -> None:
    sealed = seal(generate().public_key, "secret", context="C1")
    with pytest.raises(CannotOpen):
        open_sealed(generate().private_key, sealed, context="C1")


def test_it_cannot_be_moved_to_another_entity() -> None:
    pair = generate()
    sealed = seal(pair.public_key, "secret", context="C1")
    with pytest.raises(CannotOpen):
        open_sealed(pair.private_key, sealed, context="C2")


def test_every_changed_byte_is_noticed() -> None:
    pair = generate()
    raw = base64.b64decode(seal(pair.public_key, "secret", context="C1"))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            open_sealed(pair.private_key, base64.b64encode(changed).decode(), context="C1")


@pytest.mark.parametrize("text", ["", "AA==", "not base64!"])
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(generate().private_key, text, context="C1")
