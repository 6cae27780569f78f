"""`python -m cashier` starts the service."""

from cashier.main import main

main()
