"""The calling engine: sends what plugins write, reads what channels answer, within limits."""
