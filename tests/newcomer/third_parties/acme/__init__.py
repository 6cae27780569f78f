"""Acme Pay."""
