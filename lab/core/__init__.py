"""Floor 0: units, columns, registry, fingerprint, estimate, verdict, seeds, errors. Imports nothing above it."""
