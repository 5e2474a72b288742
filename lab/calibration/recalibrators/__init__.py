"""Recalibrators: one file, one recalibrator; each exposes `recalibrator`. See `lab.calibration.recalibrator`."""
