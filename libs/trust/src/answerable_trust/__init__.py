"""Checks and the gate: values in, values out."""
