"""What we write to, by volume: logs of Postfix, Exim and Exchange, queues, tables and plain lists.

Of every address only the domain is kept.
"""

from mailpath.survey.lists.kinds import FORMATS
from mailpath.survey.lists.opening import ListError, Progress
from mailpath.survey.lists.reading import Read, Volumes, read

__all__ = ["FORMATS", "ListError", "Progress", "Read", "Volumes", "read"]
