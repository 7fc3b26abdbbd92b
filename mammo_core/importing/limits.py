"""How much a foreign model may declare before anything is allocated for it."""

MAX_FILE_BYTES = 2_000_000_000
MAX_CONFIG_BYTES = 32_000_000
MAX_MEMBERS = 1_000
MAX_EXPANSION = 100
"""By so much a member of an archive, or an array, may be larger than what is stored of it."""
MAX_TOTAL_EXPANSION = 10
"""By so much all arrays together may be larger than their file."""
HARMLESS_BYTES = 1_000_000
"""What is no larger may be stored in as little as it likes."""
MAX_DEPTH = 60
"""Of nested brackets: a nested backbone needs a dozen."""
MAX_OBJECTS = 100_000
"""Groups and arrays of one HDF5 file."""
MAX_LAYERS = 5_000
MAX_NUMBER = 1_000_000
"""The largest whole number among a layer's settings (seeds aside)."""
MIN_SIDE = 16
MAX_SIDE = 4_096
"""Of the input, in pixels."""
MAX_OUTPUT_VALUES = 2**27
"""Numbers in one layer's output for one image: 0.5 GB."""
MAX_PRODUCTS = 5e12
"""Multiplications for one image: minutes on two cores."""
READER_SECONDS = 30.0
"""For the process that reads a file, and more for a large one."""
MIN_BYTES_PER_SECOND = 5_000_000
READER_BYTES = 500_000_000
"""Of memory for the HDF5 library, and more for a large file."""
CHECKPOINT_READER_BYTES = 4_000_000_000
"""The same where TensorFlow reads."""
