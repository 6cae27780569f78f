"""Orders, payments, refunds, ledger: the only place where money state changes."""
