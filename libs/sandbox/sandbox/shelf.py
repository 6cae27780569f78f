"""Files that merchants may fetch for a little while: statements behind their download addresses."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from sandbox.clock import now

MAX_FILES = 32  # the oldest goes when one more comes


@dataclass(frozen=True, slots=True)
class File:
    owner: str
    content: bytes
    media_type: str
    fetched_until: float


class Shelf:
    """Each file lies under a token that cannot be guessed."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()

    def put(self, owner: str, content: bytes, media_type: str, lives_s: float) -> str:
        token = secrets.token_urlsafe(24)
        self._files[token] = File(owner, content, media_type, now() + lives_s)
        while len(self._files) > MAX_FILES:
            self._files.popitem(last=False)
        return token

    def find(self, token: str) -> File | None:
        """None for what never was and for what is too old."""
        file = self._files.get(token)
        return file if file and now() < file.fetched_until else None
