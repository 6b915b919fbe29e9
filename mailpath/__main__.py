"""`python -m mailpath`, and the console script."""

import os


def main() -> None:
    """Leaves by `SystemExit` with one of the documented exit codes, or as `mailpath.ending` has it."""
    try:
        from mailpath import ending

        ending.watch()
    except KeyboardInterrupt:  # Python's own handler was still there
        os._exit(130)
    from mailpath.cli import main as command

    try:
        command()
    finally:
        # What lives now lives to the end: to look through it for garbage first takes a sixth of a `check`.
        import gc

        gc.freeze()


if __name__ == "__main__":
    main()
