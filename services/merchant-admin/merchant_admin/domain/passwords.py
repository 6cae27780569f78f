"""Passwords of people, as argon2id hashes. Slow by design: call it in a thread."""

import argon2


class Passwords:
    """Hashes and checks; by default with RFC 9106's parameters for ordinary machines (64 MiB)."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._nobody = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def is_right(self, stored: str | None, password: str) -> bool:
        """None for a name that nobody has: takes just as long, and is never right."""
        try:
            return self._hasher.verify(stored or self._nobody, password) and stored is not None
        except argon2.exceptions.VerifyMismatchError:
            return False

    def is_current(self, stored: str) -> bool:
        """Whether it was made with today's parameters."""
        return not self._hasher.check_needs_rehash(stored)
