"""Passwords, session tokens, and cookies' companions."""

import argon2
import pytest

from merchant_admin.domain.passwords import Passwords, find_weakness
from merchant_admin.domain.sessions import (
    csrf_token,
    is_csrf_token,
    new_token,
    token_digests,
)

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEY = b"a key"


def test_a_password_is_right_only_for_its_own_hash() -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.hash("secret")
    assert "argon2id" in stored
    assert passwords.is_right(stored, "secret")
    assert not passwords.is_right(stored, "Secret")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "12 characters"),
        ("zzzzzzzzzzzzzzzz", "one letter"),
        ("ZzZzZzZzZzZzZzZz", "one letter"),
        ("li.na.li.na.", "the name"),
        ("LI.NA li.na 12", "the name"),
        ("password1234", "common"),
        ("qwertyuiop12", "common"),
        ("passwordpassword", "common"),
    ],
)
def test_a_weak_password_is_told_why(password: str, words: str) -> None:
    assert words in (find_weakness(password, "li.na") or "")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "a password of li's",
        "operator-password-1",
        "收款 对账 退款 复核 2026",
        "correct horse battery staple, " * 30,
        "li.na likes long walks",
    ],
)
def test_a_good_password_is_taken(password: str) -> None:
    assert find_weakness(password, "li.na") is None


def test_a_hash_with_other_parameters_is_made_anew() -> None:
    stored = Passwords(CHEAP).hash("secret")
    assert Passwords(CHEAP).is_current(stored)
    assert not Passwords().is_current(stored)


def test_a_token_can_be_neither_guessed_nor_read_back() -> None:
    token = new_token()
    assert len(token) == 43
    assert token.encode() not in token_digests([KEY], token)[0]
    assert token_digests([KEY], token) != token_digests([b"another key"], token)


def test_a_csrf_token_belongs_to_one_session() -> None:
    assert is_csrf_token([KEY], "t1", csrf_token([KEY], "t1"))
    assert not is_csrf_token([KEY], "t1", csrf_token([KEY], "t2"))
    assert not is_csrf_token([KEY], "t1", "")
    assert not is_csrf_token([KEY], "t1", "错")
