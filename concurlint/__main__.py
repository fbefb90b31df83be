"""`python -m concurlint`."""

import sys

from concurlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
