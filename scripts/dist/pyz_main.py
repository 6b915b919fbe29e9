"""The start of mailpath.pyz.  Any `python3` reads this: an old one must parse it, to say what is missing."""

import os
import sys


def main():
    """Run the command; the exit status is the command's own."""
    if sys.version_info < (3, 11):
        sys.exit("mailpath needs Python 3.11 or newer, and this is %d.%d." % sys.version_info[:2])
    try:
        from unpacking import find

        here = os.path.dirname(os.path.abspath(__file__))
        modules = find(lambda name: __loader__.get_data(os.path.join(here, name)))
    except KeyboardInterrupt:
        os._exit(130)
    except OSError as error:
        sys.exit("mailpath cannot unpack itself: %s" % error)
    sys.path[0] = modules
    from mailpath.__main__ import main

    main()


if __name__ == "__main__":
    main()
