"""What is foretold of runs to come, sealed, and graded when they have come."""
