"""What to run: for a budget, for a surer forecast, for a stated effect."""
