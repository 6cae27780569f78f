"""Runs the whole of Paymesh on one machine."""
