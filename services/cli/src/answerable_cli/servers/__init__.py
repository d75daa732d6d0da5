"""Real servers on loopback, started and stopped by this process."""
