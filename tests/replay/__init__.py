"""Replay R1: the same passages and scores from the same snapshot, whatever happened to the index since."""
