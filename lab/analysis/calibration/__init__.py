"""Somebody's predictions, and those of stored runs, held against what happened."""
