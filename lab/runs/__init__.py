"""Floor 2: what a run is, which key it has, where it is stored and how it is executed. No torch."""
