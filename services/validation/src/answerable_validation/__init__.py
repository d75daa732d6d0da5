"""Checks a draft and decides its verdict."""
