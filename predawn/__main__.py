"""`python -m predawn` is the `predawn` command."""

import sys

from predawn.cli import main

if __name__ == "__main__":
    sys.exit(main())
