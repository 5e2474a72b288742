"""The one house style: a palette for all eyes and both backgrounds, honest axes, the few marks all figures share."""
