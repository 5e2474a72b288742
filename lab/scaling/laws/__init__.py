"""The laws shelf: one file is one law and exposes it as `law`."""
