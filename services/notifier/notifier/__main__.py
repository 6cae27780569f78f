"""`python -m notifier` starts the service."""

from notifier.main import main

if __name__ == "__main__":
    main()
