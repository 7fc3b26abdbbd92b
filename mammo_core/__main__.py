"""`python -m mammo_core VERB`."""

from mammo_core.cli import main

if __name__ == "__main__":
    main()
