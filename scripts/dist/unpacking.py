"""What one file carries is unpacked once, privately; both the zip application and the executable do it so.

Binary modules cannot be loaded out of a zip file.  What is unpacked lies in the user's cache, in a folder
named after its content, which nobody else can read or write (0700).  Where the cache is not this user's
(`sudo` that keeps HOME, a service without a home) it lies below the folder for temporary files, in one that
must be.
Old builds go: `KEPT` stay, and what was in use within the last `IN_USE` seconds.
"""

import os

KEPT = 2
IN_USE = 86400
#: Its modification time says when a build was last started.
STAMP = ".started"


def find(read):
    """The folder with the modules; unpacks them if this is the first start.  Raises OSError.

    `read`: what the file carries, by name: "build" (what the modules are called), "modules.zip".
    """
    build = read("build").decode("ascii")
    cache = private(caches())
    modules = os.path.join(cache, build)
    if not os.path.isdir(modules):
        unpack(read, modules)
        sweep(cache, build)
    with open(os.path.join(modules, STAMP), "wb") as stamp:
        os.utime(stamp.fileno())
    return modules


def caches():
    """Where unpacked modules may lie, the best first."""
    home = os.path.expanduser("~")
    yield os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "mailpath")
    import tempfile

    yield os.path.join(tempfile.gettempdir(), "mailpath-%d" % os.geteuid())


def private(candidates):
    """The first of these folders that is this user's alone; made if it is not there.  Raises OSError."""
    refused = "there is no place for it"
    for folder in candidates:
        try:
            above = folder
            while not os.path.lexists(above):
                above = os.path.dirname(above)
            # Nothing is put into another user's home, where that user could no longer remove it.
            if above != folder and os.stat(above).st_uid != os.geteuid() and not is_for_all(above):
                refused = "%s belongs to another user" % above
                continue
            os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            refused = str(error)
            continue
        found = os.lstat(folder)
        if found.st_mode & 0o170000 != 0o040000 or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            refused = "%s is not a folder of this user alone (mode 0700)" % folder
            continue
        return folder
    raise OSError(refused)


def is_for_all(folder):
    """A folder for temporary files: anybody writes, and removes only what is theirs."""
    return os.stat(folder).st_mode & 0o1002 == 0o1002


def unpack(read, modules):
    """Put the modules at the path `modules`, whole or not at all.  Raises OSError."""
    import io
    import shutil
    import tempfile
    import zipfile

    packed = io.BytesIO(read("modules.zip"))
    half = tempfile.mkdtemp(prefix=os.path.basename(modules) + ".", dir=os.path.dirname(modules))
    try:
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(half)
        os.rename(half, modules)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)
        if not os.path.isdir(modules):  # else another start was quicker
            raise
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def sweep(cache, build):
    """Remove builds that nobody has started lately, and what a killed start left half unpacked."""
    import shutil
    import time

    found = []
    for name in os.listdir(cache):
        folder = os.path.join(cache, name)
        try:
            last = os.stat(os.path.join(folder, STAMP)).st_mtime
        except OSError:
            last = os.stat(folder).st_mtime
        found.append((name != build, -last, folder))
    for _, last, folder in sorted(found)[KEPT:]:
        if time.time() + last > IN_USE:
            shutil.rmtree(folder, ignore_errors=True)
