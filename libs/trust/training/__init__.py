"""The script that makes the packaged coefficients of the injection screen. Run from the root; never installed."""
