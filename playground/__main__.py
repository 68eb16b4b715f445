"""``python -m playground``: without words the window, with words a command."""

import multiprocessing
import sys


def main() -> int:
    """Runs the program; returns its exit code."""
    multiprocessing.freeze_support()
    from playground.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":  # a spawned child imports this file too, and must not open a second window
    sys.exit(main())
