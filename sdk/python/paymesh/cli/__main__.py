"""`python -m paymesh.cli`."""

from paymesh.cli import main

main()
