"""Which is better, and does it hold: recipes, laws, forecasters, and the same conclusion under every analysis."""
