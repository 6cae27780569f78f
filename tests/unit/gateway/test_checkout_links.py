"""Nobody opens a checkout that we did not hand out."""

from gateway.domain.checkout_links import find_payment_no, token_of

KEY = b"key"


def test_our_token_opens_its_payment() -> None:
    assert find_payment_no(token_of("P1", [KEY]), [KEY]) == "P1"


def test_a_token_is_bound_to_its_payment_and_key() -> None:
    payment_no, mac = token_of("P1", [KEY]).split(".")
    assert payment_no == "P1"
    assert len(mac) == 22
    for forged in (f"P2.{mac}", f"P1.{mac[:-1]}_", f"P1.{mac}A", "P1.", "P1", "", "ü"):
        assert find_payment_no(forged, [KEY]) is None
    assert find_payment_no(token_of("P1", [b"other"]), [KEY]) is None
