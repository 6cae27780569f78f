"""Passwords, session tokens, and cookies' companions."""

import argon2

from merchant_admin.domain.passwords import Passwords
from merchant_admin.domain.sessions import (
    csrf_token,
    failure_subject,
    is_csrf_token,
    new_token,
    token_digest,
)

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEY = b"a key"


def test_a_password_is_right_only_for_its_own_hash() -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.hash("secret")
    assert "argon2id" in stored
    assert passwords.is_right(stored, "secret")
    assert not passwords.is_right(stored, "Secret")


def test_nobody_has_no_right_password() -> None:
    assert not Passwords(CHEAP).is_right(None, "the password of nobody")


def test_a_hash_with_other_parameters_is_made_anew() -> None:
    stored = Passwords(CHEAP).hash("secret")
    assert Passwords(CHEAP).is_current(stored)
    assert not Passwords().is_current(stored)


def test_a_token_can_be_neither_guessed_nor_read_back() -> None:
    token = new_token()
    assert len(token) == 43
    assert token.encode() not in token_digest(KEY, token)
    assert token_digest(KEY, token) != token_digest(b"another key", token)


def test_a_csrf_token_belongs_to_one_session() -> None:
    assert is_csrf_token(KEY, "t1", csrf_token(KEY, "t1"))
    assert not is_csrf_token(KEY, "t1", csrf_token(KEY, "t2"))
    assert not is_csrf_token(KEY, "t1", "")
    assert not is_csrf_token(KEY, "t1", "错")


def test_failures_are_counted_per_name_and_address() -> None:
    subjects = {failure_subject(KEY, name, ip) for name in ("a", "b") for ip in ("1", "2")}
    assert len(subjects) == 4
