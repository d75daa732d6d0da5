"""Does a passage support a sentence? A port, trees over named features, and any chat model as judge."""
