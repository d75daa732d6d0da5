"""Who may read what, tried on random organisations: see `python -m tests.access --help`."""
