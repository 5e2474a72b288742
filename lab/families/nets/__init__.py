"""The torch modules of the families; imported by `build` only."""
