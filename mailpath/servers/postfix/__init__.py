"""Postfix: main.cf, master.cf, `postconf -n`, `-M` and `-P`, and the sources of its tables."""

from mailpath.servers.postfix.reading import Sorted, import_postfix, is_postfix, sorted_lines

__all__ = ["Sorted", "import_postfix", "is_postfix", "sorted_lines"]
