"""Drafts an answer from the retrieved passages."""
