"""How the gate's numbers are made: real mammograms, strangers, a fit, and its errors."""
