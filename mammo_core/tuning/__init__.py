"""Sweeps: many trainings of one dataset, whose settings Optuna draws from ranges."""
