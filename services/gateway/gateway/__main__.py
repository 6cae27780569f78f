"""`python -m gateway` starts the service."""

from gateway.main import main

main()
