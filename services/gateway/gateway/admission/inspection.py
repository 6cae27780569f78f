"""Which line of a request's signed text is not what was signed: found by trying what goes wrong.

A signature says only yes or no to a text; so the mistakes that people make are tried one by one,
and two at a time, until it says yes.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from contracts import signing
from contracts.internal import InspectedSignature, InspectSignature, LineDifference
from contracts.internal.inspection import Line
from contracts.signing import Verifier
from gateway.directory import Directory

LINES: Final[tuple[Line, ...]] = ("method", "target", "timestamp", "nonce", "body")
MAX_SHOWN_CHARS: Final = 2_000
MAX_TRIALS: Final = 2_000
"""An RSA verification takes 40 µs: all trials together less than a tenth of a second."""


@dataclass(frozen=True, slots=True)
class _Other:
    """Another value of one line, and the mistake that makes it."""

    line: Line
    how: str
    value: str


def inspect(
    directory: Directory, asked: InspectSignature, *, api_url: str, now_s: float
) -> InspectedSignature:
    """The first thing that is wrong with the request, and where the text differs. `api_url`: what
    is signed by mistake before the path."""
    try:
        shown = signing.parse(asked.authorization.strip())
    except signing.Malformed as error:
        return InspectedSignature(verdict="malformed", detail=_part(asked.authorization, error))
    inspected = InspectedSignature(
        verdict="valid",
        clock_s=round(shown.timestamp - now_s),
        is_fresh=shown.is_fresh(now_s),
        key_id=shown.key_id,
        alg=shown.alg.value,
    )
    if shown.app_id != asked.app_id:
        return inspected.model_copy(update={"verdict": "other_app"})
    app, key = directory.find_app(asked.app_id), directory.find_key(shown.key_id)
    if key is None or app is None or key.app_id != asked.app_id:
        return inspected.model_copy(update={"verdict": "unknown_key"})
    if key.alg is not shown.alg:
        return inspected.model_copy(update={"verdict": "other_algorithm", "detail": key.alg.value})
    inspected = inspected.model_copy(update=_compared(asked, shown, key.verifier, api_url))
    begins, ends = key.valid
    if inspected.verdict == "valid" and not begins <= now_s <= ends:
        return inspected.model_copy(update={"verdict": "certificate_not_valid"})
    if inspected.verdict == "valid" and not app.is_active:
        return inspected.model_copy(update={"verdict": "disabled_app"})
    return inspected


def _compared(
    asked: InspectSignature, shown: signing.Credentials, verifier: Verifier, api_url: str
) -> dict[str, object]:
    """Verdict, differences and text."""
    lines: dict[Line, str] = {
        "method": asked.method,
        "target": asked.target,
        "timestamp": str(shown.timestamp),
        "nonce": shown.nonce,
        "body": asked.body,
    }

    def is_signed(text: bytes) -> bool:
        return verifier.verify(text, shown.signature)

    text = _text(lines)
    found: dict[str, object] = {"text": text.decode(errors="replace")[:MAX_SHOWN_CHARS]}
    if is_signed(text):
        return {**found, "verdict": "valid"}
    differences = _pasted(lines, asked.signed_text, is_signed) or _tried(lines, is_signed, api_url)
    return {
        **found,
        "verdict": "other_text" if differences else "other_key",
        "differences": differences,
    }


def _pasted(
    lines: dict[Line, str], signed_text: str | None, is_signed: Callable[[bytes], bool]
) -> list[LineDifference]:
    """Line by line, where the app's people know what was signed, and it was."""
    if not signed_text:
        return []
    unix = signed_text.replace("\r\n", "\n")
    for text in dict.fromkeys((signed_text, unix, unix + "\n", unix.removesuffix("\n"))):
        if not is_signed(text.encode()):
            continue
        parts = [*text.split("\n", 4), "", "", "", ""][: len(LINES)]
        differences = [
            _difference(lines, _Other(line, "pasted", value))
            for line, value in zip(LINES[:4], parts, strict=False)
            if value != lines[line]
        ]
        if parts[4] != lines["body"] + "\n":
            how = "no_last_newline" if parts[4] == lines["body"] else "pasted"
            differences.append(_difference(lines, _Other("body", how, parts[4])))
        return differences
    return []


def _tried(
    lines: dict[Line, str], is_signed: Callable[[bytes], bool], api_url: str
) -> list[LineDifference]:
    others = [other for other in _others(lines, api_url) if other.value != lines[other.line]]
    singles = [(other,) for other in others]
    pairs = [two for two in combinations(others, 2) if two[0].line != two[1].line]
    for chosen in [*singles, *pairs][:MAX_TRIALS]:
        changed = {**lines, **{other.line: other.value for other in chosen}}
        for how, text in _endings(_text(changed)):
            if is_signed(text):
                found = [_difference(lines, other) for other in chosen]
                return [*found, *_ending(lines, how)]
    for how, text in _endings(_text(lines)):
        if is_signed(text):
            return _ending(lines, how)
    return []


def _others(lines: dict[Line, str], api_url: str) -> Iterator[_Other]:
    """What is signed by mistake."""
    method, target, body = lines["method"], lines["target"], lines["body"]
    yield _Other("method", "small_letters", method.lower())
    for other in ("GET", "POST", "PUT", "DELETE"):
        yield _Other("method", "other_method", other)
    parts = urlsplit(target)
    yield _Other("target", "with_host", api_url + target)
    yield _Other("target", "without_query", parts.path)
    yield _Other("target", "without_prefix", parts.path.removeprefix("/v1"))
    query = f"?{parts.query}" if parts.query else ""
    yield _Other("target", "last_slash", _toggled(parts.path) + query)
    yield _Other("target", "decoded", unquote(target))
    yield _Other("target", "encoded", quote(target, safe="/?&=%"))
    pairs = "&".join(sorted(parts.query.split("&")))
    yield _Other("target", "sorted_query", f"{parts.path}?{pairs}")
    yield _Other("timestamp", "milliseconds", lines["timestamp"] + "000")
    yield _Other("nonce", "empty", "")
    yield _Other("body", "empty", "")
    yield from (_Other("body", how, value) for how, value in _bodies(body))


def _bodies(body: str) -> Iterator[tuple[str, str]]:
    yield "trimmed", body.strip()
    yield "newline_more", body + "\n"
    yield "windows_newlines", body.replace("\r\n", "\n").replace("\n", "\r\n")
    yield "unix_newlines", body.replace("\r\n", "\n")
    try:
        value = json.loads(body)
    except ValueError:
        return
    for how, separators in (("spaced_json", None), ("compact_json", (",", ":"))):
        for is_ascii in (True, False):
            for is_sorted in (False, True):
                yield (
                    "sorted_json" if is_sorted else how,
                    json.dumps(
                        value, separators=separators, ensure_ascii=is_ascii, sort_keys=is_sorted
                    ),
                )
    yield "indented_json", json.dumps(value, indent=2, ensure_ascii=False)


def _endings(text: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", text
    yield "no_last_newline", text.removesuffix(b"\n")


def _ending(lines: dict[Line, str], how: str) -> list[LineDifference]:
    if not how:
        return []
    return [LineDifference(line="body", how=how, expected=_cut(lines["body"]))]


def _difference(lines: dict[Line, str], other: _Other) -> LineDifference:
    return LineDifference(
        line=other.line, how=other.how, expected=_cut(lines[other.line]), signed=_cut(other.value)
    )


def _text(lines: dict[Line, str]) -> bytes:
    return ("\n".join(lines[line] for line in LINES) + "\n").encode()


def _toggled(path: str) -> str:
    return path.removesuffix("/") if path.endswith("/") else path + "/"


def _cut(text: str) -> str:
    return text[:MAX_SHOWN_CHARS]


def _part(authorization: str, error: signing.Malformed) -> str:
    """Which part of the header cannot be read."""
    reason = str(error)
    if reason == "timestamp":
        return "timestamp"
    return reason.replace(" ", "_") if reason in ("nonce", "signature", "members") else "scheme"
