"""The notifier's database, revision by revision; `python -m notifier.migrations` brings it up."""
