"""Passwords of people: which are taken, and their argon2id hashes. Slow by design: hashed and
checked in a thread."""

from typing import Final

import argon2
from zxcvbn import zxcvbn

MIN_CHARS: Final = 12
MAX_CHARS: Final = 1024

LEAST_GUESSES_LOG10: Final = 6.0
"""What stands on the lists of common passwords, or is a keyboard row, a sequence or a year behind
one of them, takes fewer."""

CHECKED_CHARS: Final = 72
"""Of a longer one its beginning is judged: that takes milliseconds."""

LEAST_OF_ITS_OWN: Final = 4
"""Letters and digits beside the name that it is the password of."""


def find_weakness(password: str, username: str) -> str | None:
    """What is wrong with a new password, in words for whoever chose it."""
    if len(password) < MIN_CHARS:
        return f"must have at least {MIN_CHARS} characters"
    small = password.casefold()
    if len(set(small)) == 1:
        return "must not be one letter repeated"
    beside = small.replace(username.casefold(), "") if username else small
    if beside != small and sum(map(str.isalnum, beside)) < LEAST_OF_ITS_OWN:
        return "must not be the name"
    judged = zxcvbn(password[:CHECKED_CHARS], user_inputs=[username])
    if judged["guesses_log10"] < LEAST_GUESSES_LOG10:
        return "is one of the common ones, or close to them"
    return None


class Passwords:
    """Hashes and checks; by default with RFC 9106's parameters for ordinary machines (64 MiB)."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def is_right(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    def is_current(self, stored: str) -> bool:
        """Whether it was made with today's parameters."""
        return not self._hasher.check_needs_rehash(stored)
