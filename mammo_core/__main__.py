"""`python -m mammo_core VERB`."""

import os

if __name__ == "__main__":
    # Read when NumPy loads, so before all else: OpenBLAS's threads slow down small products.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from mammo_core.cli import main

    main()
