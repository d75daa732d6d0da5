"""The commands, one module for each group. What is slow to import is imported when a command runs."""
