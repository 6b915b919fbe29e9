"""Exim: a configuration file, a transport out of one, `exim -bP transports` and `exim -bV`."""

from mailpath.servers.exim.configuration import Exim, read_exim
from mailpath.servers.exim.reading import import_exim

__all__ = ["Exim", "import_exim", "read_exim"]
