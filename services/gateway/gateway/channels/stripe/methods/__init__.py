"""One file per way to pay."""
