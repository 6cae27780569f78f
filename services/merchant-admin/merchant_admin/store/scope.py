"""The one predicate of a scope: a row belongs to a merchant, and the caller to its merchants.

A statement names it `:scope`; its parameter is `Scope.parameter`, null for all merchants.
"""


def within(statement: str, column: str, number: int) -> str:
    """`column` holds the merchant of a row."""
    return statement.replace(":scope", f"(${number}::text[] is null or {column} = any(${number}))")


def all_within(statement: str, column: str, number: int) -> str:
    """`column` holds the merchants of a row that belongs to several: each must be the caller's."""
    return statement.replace(":scope", f"(${number}::text[] is null or {column} <@ ${number})")
