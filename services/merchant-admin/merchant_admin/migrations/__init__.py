"""The database's history; `python -m merchant_admin.migrations` brings it to the newest state."""
