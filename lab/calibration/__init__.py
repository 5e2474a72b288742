"""Floor 1: is a model's confidence to be trusted? Pure arrays in, values out."""
