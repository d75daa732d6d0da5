"""Records every event and is the only one that releases answers."""
