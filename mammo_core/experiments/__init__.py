"""Experiments of several trainings: cross-validation by patient, learning curves."""
