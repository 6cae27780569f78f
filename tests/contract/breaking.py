"""What in a new description of an API would break a client that was written for the older one."""

from collections.abc import Iterator
from typing import Any, Final, Literal

Json = dict[str, Any]
Direction = Literal["request", "answer"]

LIMITS: Final = {"maxLength": 1, "maximum": 1, "maxItems": 1, "minLength": -1, "minimum": -1}
"""1: may rise only; -1: may fall only. Of requests: what was taken is taken."""


def breaking_changes(old: Json, new: Json) -> list[str]:
    """One line for each; empty where everything that worked works."""
    return list(_Comparison(old, new).all())


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, Direction]] = set()

    def all(self) -> Iterator[str]:
        for path, operations in self._old["paths"].items():
            for method, was in operations.items():
                name = f"{method} {path}"
                now = self._new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{name}: gone"
                    continue
                yield from self._operation(name, was, now)

    def _operation(self, name: str, was: Json, now: Json) -> Iterator[str]:
        known = {parameter["name"] for parameter in was.get("parameters", [])}
        required = {p["name"] for p in was.get("parameters", []) if p.get("required")}
        for parameter in now.get("parameters", []):
            if parameter.get("required") and parameter["name"] not in required:
                what = "became" if parameter["name"] in known else "is new and"
                yield f"{name}: parameter {parameter['name']} {what} required"
        if "requestBody" in was:
            yield from self._schema(
                f"{name} body", _body(was["requestBody"]), _body(now["requestBody"]), "request"
            )
        for status, answer in was["responses"].items():
            if status not in now["responses"]:
                yield f"{name}: answer {status} gone"
            elif "content" in answer:
                there = now["responses"][status]
                yield from self._schema(f"{name} {status}", _body(answer), _body(there), "answer")

    def _schema(self, name: str, was: Json, now: Json, direction: Direction) -> Iterator[str]:
        if reference := was.get("$ref"):
            if (reference, direction) in self._seen:
                return
            self._seen.add((reference, direction))
        was, now = _resolved(self._old, was), _resolved(self._new, now)
        if was.get("type") != now.get("type"):
            yield f"{name}: type {was.get('type')} became {now.get('type')}"
            return
        yield from self._members(name, was, now, direction)
        if direction == "request":
            yield from _narrower(name, was, now)
        if "items" in was and "items" in now:
            yield from self._schema(f"{name}[]", was["items"], now["items"], direction)
        before, after = _branches(was), _branches(now)
        if len(after) < len(before):
            yield f"{name}: one of its forms gone"
        for one, other in zip(before, after, strict=False):
            yield from self._schema(name, one, other, direction)

    def _members(self, name: str, was: Json, now: Json, direction: Direction) -> Iterator[str]:
        there = now.get("properties", {})
        for member, schema in was.get("properties", {}).items():
            if member not in there:
                yield f"{name}.{member}: gone"
            else:
                yield from self._schema(f"{name}.{member}", schema, there[member], direction)
        before, after = set(was.get("required", [])), set(now.get("required", []))
        if direction == "request":
            yield from (f"{name}.{member}: became required" for member in sorted(after - before))
        else:
            gone = sorted((before - after) & there.keys())
            yield from (f"{name}.{member}: may be absent now" for member in gone)


def _narrower(name: str, was: Json, now: Json) -> Iterator[str]:
    for limit, sign in LIMITS.items():
        if limit in now and (limit not in was or sign * (now[limit] - was[limit]) < 0):
            yield f"{name}: {limit} {was.get(limit)} became {now[limit]}"
    if "pattern" in now and now["pattern"] != was.get("pattern"):
        yield f"{name}: another pattern"
    for value in was.get("enum", []):
        if value not in now.get("enum", [value]):
            yield f"{name}: {value!r} is not taken any more"


def _branches(schema: Json) -> list[Json]:
    found: list[Json] = schema.get("anyOf") or schema.get("oneOf") or []
    return found


def _body(holder: Json) -> Json:
    schema: Json = next(iter(holder["content"].values()))["schema"]
    return schema


def _resolved(document: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found
