"""Train, judge and explain mammogram classifiers; knows nothing of any user interface."""

__version__ = "0.1.0"
