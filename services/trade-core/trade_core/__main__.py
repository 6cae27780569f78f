"""`python -m trade_core` starts the service."""

from trade_core.main import main

if __name__ == "__main__":
    main()
