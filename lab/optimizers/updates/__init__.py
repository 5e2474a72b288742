"""The torch side of the optimizers; imported by `build` only."""
