"""Codes: one file, one code; each exposes `code`. What a code is stands in `lab.complexity.code`."""
