"""Scripts that make the packaged coefficients. Run as files, from the root of the repository; never installed."""
