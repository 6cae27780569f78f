"""The one predicate of a scope: a row belongs to a merchant, and the caller to its merchants.

A statement names it `:scope`; its parameter is `Scope.parameter`, null for all merchants.
"""


def within(statement: str, column: str, number: int) -> str:
    """`column` holds the merchant of a row."""
    return statement.replace(":scope", of_one(column).format(f"${number}"))


def all_within(statement: str, column: str, number: int) -> str:
    """`column` holds the merchants of a row that belongs to several: each must be the caller's."""
    return statement.replace(":scope", of_several(column).format(f"${number}"))


def of_one(column: str) -> str:
    """The predicate itself, with its parameter as `{0}`."""
    return f"({{0}}::text[] is null or {column} = any({{0}}))"


def of_several(column: str) -> str:
    """As `of_one`, of a row of several merchants."""
    return f"({{0}}::text[] is null or {column} <@ {{0}})"
