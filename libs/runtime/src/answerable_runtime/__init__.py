"""The delivery harness: routes, in-flight window, retry, dead letters, effects, service life cycle."""
