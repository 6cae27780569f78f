"""What merchants, apps, keys and channel accounts are; pure."""
