"""Trains a net that classifies labelled examples: pictures, or signals of one dimension."""

from __future__ import annotations

from lab.runners.classifying.fields import ClassifyingRunner


class ClassifyRunner(ClassifyingRunner):
    """Trains, and measures no more than training does."""


runner = ClassifyRunner()
