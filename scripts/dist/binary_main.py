"""The start of dist/mailpath, the executable: Python is inside, the modules stand in a zip file at its end.

PyInstaller's loader unpacks Python's own libraries into a private folder at each start, and removes it at the
end.  After a SIGKILL nobody does: the next start removes what is left of those (`sweep_loaders`).
"""

import fcntl
import os
import shutil
import sys
import tempfile
import zipfile

from unpacking import find

#: A file in the loader's folder; locked for as long as the folder is in use.
MARK = "mailpath.mark"


def main():
    """Run the command; the exit status is the command's own."""
    try:
        mark = os.open(os.path.join(sys._MEIPASS, MARK), os.O_RDONLY)  # closed when the process ends
        fcntl.flock(mark, fcntl.LOCK_SH)
        with zipfile.ZipFile(sys.executable) as carried:
            sys.path.insert(0, find(carried.read))
        sys.dont_write_bytecode = False  # the loader forbids it, and each start would compile all anew
        sweep_loaders()
    except KeyboardInterrupt:
        os._exit(130)
    except OSError as error:
        sys.exit(f"mailpath cannot unpack itself: {error}")
    if sys.argv[1:2] == ["-c"]:  # as the interpreter would: a survey starts its workers so
        exec(sys.argv[2], {"__name__": "__main__"})
    else:
        from mailpath.__main__ import main

        main()


def sweep_loaders():
    """Remove the loader's folders of this user that no process has locked."""
    above = tempfile.gettempdir()
    for name in os.listdir(above):
        folder = os.path.join(above, name)
        if not name.startswith("_MEI") or folder == sys._MEIPASS:
            continue
        try:
            with open(os.path.join(folder, MARK), "rb") as mark:
                if os.fstat(mark.fileno()).st_uid == os.geteuid():
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
        except OSError:  # another program's, in use, or gone by now
            continue


if __name__ == "__main__":
    main()
