"""The hosted checkout page, rendered on the server."""
