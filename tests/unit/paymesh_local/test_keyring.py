"""The secrets of a stack: made once, readable by their owner alone."""

from pathlib import Path

from contracts import sealing
from paymesh_local.keyring import Keyring


def test_secrets_are_made_once(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = Keyring.kept_in(file)
    assert Keyring.kept_in(file) == first
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_sealing_pairs_open_what_is_sealed_to_them(tmp_path: Path) -> None:
    pair = Keyring.kept_in(tmp_path / "secrets.json").gateway_sealing
    sealed = sealing.seal(pair.public_key, "secret", context="C1")
    assert sealing.Opener.of(pair.private_key).open(sealed, context="C1") == "secret"
