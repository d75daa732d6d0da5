"""What is in deploy/: compose, rules, dashboard, each against what it speaks to."""
