"""A zip whose member names are GBK without the UTF-8 flag, as Alipay's statements are.

Python's zipfile can only write ASCII or UTF-8 names. Source: APPNOTE.TXT 4.3 of the zip format.
"""

import struct
import zlib
from collections.abc import Mapping

_VERSION, _NO_FLAGS, _DEFLATE = 20, 0, 8
_MIDNIGHT, _DAY = 0, (46 << 9) | (1 << 5) | 1  # 2026-01-01, the same for every member


def pack(members: Mapping[str, bytes]) -> bytes:
    """All members deflated, in the order given."""
    files, directory = b"", b""
    for name, content in members.items():
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        encoded = name.encode("gbk")
        fields = struct.pack(
            "<HHHHHIIIHH",
            _VERSION, _NO_FLAGS, _DEFLATE, _MIDNIGHT, _DAY,
            zlib.crc32(content), len(packed), len(content), len(encoded), 0,
        )  # fmt: skip
        place = struct.pack("<HHHII", 0, 0, 0, 0, len(files))
        version_made_by = struct.pack("<H", _VERSION)
        directory += b"PK\x01\x02" + version_made_by + fields + place + encoded
        files += b"PK\x03\x04" + fields + encoded + packed
    count = len(members)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(files), 0)
    return files + directory + b"PK\x05\x06" + end
