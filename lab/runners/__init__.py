"""Floor 3: runners turn a specification into results. Torch is imported inside `run` only."""
