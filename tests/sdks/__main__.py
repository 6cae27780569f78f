"""Whether the hand-written signers of each language sign and verify as the shared vectors want it.

`make test-sdks`. Each program reads a vector a line (members in base64, separated by tabs) and
answers it a line. A toolchain that is absent is named; a wrong answer fails.
"""

import base64
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x448, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from tests.contract import signing_vectors

from contracts.events.configuration import KeyAlgorithm

SDK: Final = Path(__file__).parents[2] / "sdk"
LIMIT_S: Final = 240
"""Go and Java compile first, on a busy machine."""

LONGEST: Final = 95

OTHER_DIGITS: Final = ("-Duser.language=ar", "-Duser.country=EG")
"""Java formats numbers in the digits of its locale, here ٠١٢٣; the wire has those of ASCII."""

REMEDY: Final = "openssl pkcs8 -topk8 -nodes"
"""What whoever refuses a private key must say; as an HMAC secret it would be an unexplained 401."""


@dataclass(frozen=True, slots=True)
class Language:
    """`source`: the signer that app teams copy. `build` is run once, then `run`; in `folder`."""

    name: str
    source: str
    tools: tuple[str, ...]
    run: tuple[str, ...]
    build: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return SDK / self.name


def languages(out: str) -> list[Language]:
    return [
        Language("node", "paymesh.mjs", ("node",), ("node", "vectors.mjs")),
        Language("go", "paymesh.go", ("go",), ("go", "run", "./cmd/vectors")),
        Language("php", "Paymesh.php", ("php",), ("php", "vectors.php")),
        Language(
            "java",
            "paymesh/Paymesh.java",
            ("java", "javac"),
            ("java", *OTHER_DIGITS, "-cp", out, "paymesh.Vectors"),
            ("javac", "-d", out, "paymesh/Paymesh.java", "paymesh/Vectors.java"),
        ),
    ]


def vectors() -> Iterator[tuple[list[str], str]]:
    """What is asked, and the right answer."""
    for vector in signing_vectors.vectors():
        yield _signing(vector), vector["authorization"]
    for vector in signing_vectors.callback_vectors():
        members = ("secret", "webhook_id", "timestamp", "signature", "now_s", "body")
        asked = ["verify", *(str(vector[member]) for member in members)]
        yield asked, str(vector["is_authentic"]).lower()


def unusable_keys() -> dict[str, str]:
    """Private keys that signers may refuse, and must never take for the secret of an HMAC."""
    rsa = load_pem_private_key(signing_vectors.key_file("rsa.key.pem").encode(), None)
    elliptic = ec.generate_private_key(ec.SECP256R1())
    plain, secret = NoEncryption(), BestAvailableEncryption(b"secret")
    texts = {
        "PKCS#1": rsa.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, plain),
        "with a password": rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret),
        "of another kind": elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain),
    }
    for curve in (x25519.X25519PrivateKey, ed448.Ed448PrivateKey, x448.X448PrivateKey):
        key = curve.generate()
        texts[curve.__name__] = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain)
    whole = signing_vectors.key_file("rsa.key.pem")
    broken = {"cut off": whole[:200], "without its lines": whole.replace("-----END", "")}
    return {name: text.decode() for name, text in texts.items()} | broken


def with_public_key() -> str:
    """The Ed25519 key of the vectors as RFC 8410 lets it be written too, its public key at the end:
    a signer may read it or refuse it."""
    read = load_pem_private_key(signing_vectors.key_file("ed25519.key.pem").encode(), None)
    assert isinstance(read, ed25519.Ed25519PrivateKey)
    seed, public = read.private_bytes_raw(), read.public_key().public_bytes_raw()
    der = bytes.fromhex("3051020101300506032b657004220420") + seed + b"\x81\x21\0" + public
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n"


def refusals() -> Iterator[tuple[list[str], str]]:
    """What is asked with those keys, and what a signer that can read one of them answers."""
    of_rsa, of_ed25519 = (
        next(each for each in signing_vectors.vectors() if each["alg"] is alg)
        for alg in (KeyAlgorithm.RSA_SHA256, KeyAlgorithm.ED25519)
    )
    for name, key in unusable_keys().items():
        readable = of_rsa["authorization"] if name == "PKCS#1" else ""
        yield _signing(of_rsa, key), readable
    yield _signing(of_ed25519, with_public_key()), of_ed25519["authorization"]


def _signing(vector: dict[str, Any], key: str | None = None) -> list[str]:
    key = (
        key
        or {
            KeyAlgorithm.HMAC_SHA256: signing_vectors.SECRET,
            KeyAlgorithm.ED25519: signing_vectors.key_file("ed25519.key.pem"),
            KeyAlgorithm.RSA_SHA256: signing_vectors.key_file("rsa.key.pem"),
        }[vector["alg"]]
    )
    members = ("method", "target", "timestamp", "nonce", "body")
    who = ["sign", signing_vectors.APP_ID, signing_vectors.KEY_ID, key]
    return [*who, *(str(vector[member]) for member in members)]


def check(language: Language) -> list[str]:
    """What is wrong; nothing where every vector is answered rightly."""
    keys = list(refusals())
    asked, right = zip(*vectors(), *keys, strict=True)
    refused = [one for one, _ in keys]
    lines = ["\t".join(base64.b64encode(each.encode()).decode() for each in one) for one in asked]
    if language.build:
        _run(language.build, language.folder, "")
    answers = _run(language.run, language.folder, "\n".join(lines) + "\n").splitlines()
    if len(answers) != len(right):
        return [f"{len(answers)} answers to {len(right)} vectors"]
    wrong = [
        f"{one[0]} {one[1:3]}: {answer}"
        for one, answer, wanted in zip(asked, answers, right, strict=True)
        if answer != wanted and not (one in refused and _is_explained(answer))
    ]
    length = len((language.folder / language.source).read_text().splitlines())
    return wrong + ([f"{language.source} has {length} lines"] if length > LONGEST else [])


def _is_explained(answer: str) -> bool:
    return answer.startswith("refused: ") and REMEDY in answer


def _run(command: Sequence[str], folder: Path, printed: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        input=printed,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    failed = False
    with tempfile.TemporaryDirectory(prefix="paymesh-sdks-") as out:
        for language in languages(out):
            absent = [tool for tool in language.tools if shutil.which(tool) is None]
            if absent:
                print(f"  · {language.name:<6} not tested: no {', '.join(absent)} here")
                continue
            wrong = check(language)
            failed |= bool(wrong)
            print(f"  {'✗' if wrong else '✓'} {language.name:<6} {wrong or 'signs and verifies'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
