import pytest

from outsourcing_site.compression import preferred_codings


@pytest.mark.parametrize(
    ("accept_encoding", "first"),
    [
        ("", "identity"),
        ("identity", "identity"),
        ("br", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("deflate, zstd", "identity"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.0", "identity"),
        ("gzip; q=0, br;q=0.000", "identity"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0.001", "br"),
        ("gzip;q=1.0, br;q=1", "br"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0", "identity"),  # still the last resort
        ("gzip;q=high", "identity"),
        ("gzip;q=nan, br;q=1.5", "identity"),
        ("gzip;q", "identity"),
        (",, ;q=1 ,gzip ,", "gzip"),
        ("x" * 8000, "identity"),
    ],
)
def test_the_preferred_coding_comes_first(accept_encoding, first):
    preferred = preferred_codings(accept_encoding)
    assert preferred[0] == first
    assert preferred[-1] == "identity"
