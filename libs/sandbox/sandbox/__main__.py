"""`python -m sandbox`."""

from sandbox.main import run

run()
