"""The tables of trade-core; `python -m trade_core.migrations` brings them to the newest version."""
