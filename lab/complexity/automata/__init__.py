"""Automata: one file, one automaton; each exposes `automaton`."""
