"""Alembic calls this file; everything is in the chassis."""

from chassis.migrations import run_env

run_env()
