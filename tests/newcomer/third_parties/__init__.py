"""Folders as they stand in the sandbox."""
