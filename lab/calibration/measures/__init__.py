"""Shelf of measures: one file each, its name the measure's name; `measure` is an instance."""
