"""Speed and memory, measured as ratios to what the machine or a library can do."""
