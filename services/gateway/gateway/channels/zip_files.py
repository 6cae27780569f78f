"""Zips of channels' statements: of strangers, so that what they unpack to is looked at first."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import Final

from gateway.channels.plugin import Unverifiable

MAX_MEMBERS: Final = 100


def members(
    packed: bytes, limit_bytes: int, is_wanted: Callable[[str], bool] = lambda _: True
) -> list[bytes]:
    """The contents of those files whose names are wanted, in the zip's order.

    Raises:
        Unverifiable: it is no zip, is damaged or encrypted, or all of it unpacks to more than
            `limit_bytes`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            listed = archive.infolist()
            if len(listed) > MAX_MEMBERS or sum(m.file_size for m in listed) > limit_bytes:
                raise Unverifiable("the zip is too large")
            return [archive.read(each) for each in listed if is_wanted(each.filename)]
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise Unverifiable("the file is not a zip") from error
    except (RuntimeError, ValueError, IndexError) as error:
        # Encrypted, packed by a method that zipfile does not know, or with a head that lies.
        raise Unverifiable("the file is not a zip") from error
