"""What `prepare` of several figures has in common: naming the series, counting what is left out, rows of a law."""
