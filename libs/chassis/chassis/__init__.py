"""Machinery shared by the services: web, database, bus, outbox; knows no word of payments."""
