"""What sends a callback: one try, where it may go, names, connections, client certificates."""
