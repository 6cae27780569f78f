"""`python -m merchant_admin` starts the service."""

from merchant_admin.main import main

main()
