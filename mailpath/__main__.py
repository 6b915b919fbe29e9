"""`python -m mailpath`."""

from mailpath.cli import main

if __name__ == "__main__":
    main()
