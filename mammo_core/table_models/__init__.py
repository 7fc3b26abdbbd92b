"""Prediction tables from elsewhere, taken in as models without a network."""
