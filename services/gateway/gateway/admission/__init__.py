"""Who may come in: signatures, nonces, rates, and the count of signatures that fail."""
