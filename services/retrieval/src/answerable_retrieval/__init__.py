"""Finds the passages the asker may read."""
