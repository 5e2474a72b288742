"""Fixture studies of the figures' contract: one file a page of the dashboard, exposing `make_tables`."""
