"""How complex a thing or what was learned is, read from objects and from studies."""
