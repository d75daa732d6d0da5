"""The HTTP door: questions in, outcomes out."""
