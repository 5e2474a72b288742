"""Estimators: one file, one estimator; each exposes `estimator`. See `lab.complexity.estimator`."""
