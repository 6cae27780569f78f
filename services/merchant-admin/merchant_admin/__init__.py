"""Merchants, apps, keys, channel accounts, audit; the admin API."""
