"""Every number that says how good a classifier is, from a prediction table alone."""
