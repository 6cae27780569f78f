"""Acme Pay: a code that is shown, and everything that must come with it."""

from tests.newcomer.acme.plugin import PLUGIN

__all__ = ["PLUGIN"]
