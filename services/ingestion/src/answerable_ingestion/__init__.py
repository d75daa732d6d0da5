"""Turns submitted documents into indexed passages."""
