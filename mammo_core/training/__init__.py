"""Training of mammogram classifiers by recipes, resumable after every epoch."""
