"""Whether a browser reads gzip, as it says."""

import pytest

from cashier.api.packing import reads_gzip


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("deflate, gzip ; q = 0.001", True),
        ("gzip;q=1", True),
        ("gzip;q=0", False),
        ("br, gzip; q=0.000", False),
        ("deflate, br", False),
        ("x-gzip, gzipped", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_browser_says_whether_it_reads_gzip(accepted: str, expected: bool) -> None:
    assert reads_gzip(accepted) is expected


@pytest.mark.parametrize("made", ["gzip{}x", "gzip;q={}x", "{}gzip{}", "gzip;{}", "gzip;q=0.{}"])
def test_no_header_takes_its_time(made: str) -> None:
    """A pattern took ten seconds for 30,000 spaces; for these it would take hours."""
    for stuffing in (" " * 1_000_000, "1" * 1_000_000, ", gzip " * 100_000):
        reads_gzip(made.replace("{}", stuffing))
