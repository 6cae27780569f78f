"""Signed callbacks to apps with retries."""
