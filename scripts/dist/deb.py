"""dist/mailpath_VERSION_ARCH.deb: a Debian package with its own virtual environment in /opt (`make deb`).

It depends on Debian's Python (3.11, 3.12 or 3.13: the modules of all three lie in one folder, as in
dist/mailpath.pyz) and on no other Python package.  It starts no service and keeps no file of its own outside
what dpkg knows, except compiled modules, which its scripts make and remove.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pyz
import wheels

OPT = "opt/mailpath"
DOCS = wheels.ROOT / "docs"
#: Below /usr/share, where Debian looks for completions; the file of ours that goes there.
_COMPLETIONS = {
    "bash-completion/completions/mailpath": "mailpath.bash",
    "zsh/vendor-completions/_mailpath": "_mailpath",
    "fish/vendor_completions.d/mailpath.fish": "mailpath.fish",
}
_POSTINST = f"""#!/bin/sh
set -e
if [ "$1" = configure ]; then
    # Nobody but root can do it later, and each start would compile anew.
    /{OPT}/bin/python -m compileall -q -j 0 /{OPT}/lib || true
fi
"""
_PRERM = f"""#!/bin/sh
set -e
find /{OPT} -type d -name __pycache__ -prune -exec rm -rf {{}} +
"""
_COMMAND = f"""#!/{OPT}/bin/python -I
from mailpath.__main__ import main

main()
"""


def main() -> None:
    """Build it, and say how large it is."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = pyz.merge(Path(scratch))
        root = Path(scratch) / "root"
        lay_environment(root / OPT, modules)
        lay_papers(root / "usr/share")
        (root / "usr/bin").mkdir()
        (root / "usr/bin/mailpath").symlink_to(f"/{OPT}/bin/mailpath")
        package = write_control(root, metadata(modules))
        set_times(root)
        target = wheels.target() / package
        wheels.run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, target)
    wheels.say(target)


def lay_environment(folder: Path, modules: dict[str, bytes]) -> None:
    """A virtual environment over Debian's Python, whichever of the three that is."""
    first, *others = (folder / f"lib/python{python}" for python in pyz.PYTHONS)
    for name, content in modules.items():
        write(first / "site-packages" / name, content)
    for other in others:
        other.symlink_to(first.name)
    write(folder / "pyvenv.cfg", b"home = /usr/bin\ninclude-system-site-packages = false\n")
    write(folder / "bin/mailpath", _COMMAND.encode(), 0o755)
    (folder / "bin/python").symlink_to("/usr/bin/python3")


def lay_papers(share: Path) -> None:
    """Man pages, completions, license and changelog, where Debian's policy wants them."""
    for page in sorted((DOCS / "man").glob("*.1")):
        write(share / "man/man1" / f"{page.name}.gz", gzip.compress(page.read_bytes(), mtime=0))
    for place, name in _COMPLETIONS.items():
        write(share / place, (DOCS / "completions" / name).read_bytes())
    about = share / "doc/mailpath"
    write(about / "copyright", (wheels.ROOT / "LICENSE").read_bytes())
    write(about / "changelog.gz", gzip.compress((wheels.ROOT / "CHANGELOG.md").read_bytes(), mtime=0))


def metadata(modules: dict[str, bytes]) -> Message:
    """What the wheel says of itself."""
    (name,) = (name for name in modules if name.startswith("mailpath-") and name.endswith("/METADATA"))
    return BytesParser().parsebytes(modules[name])


def write_control(root: Path, about: Message) -> str:
    """The package's own papers; the name of its file."""
    asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    architecture, version = asked.stdout.strip(), about["Version"]
    size = sum(file.lstat().st_size for file in root.rglob("*") if file.is_file()) // 1024
    control = {
        "Package": "mailpath",
        "Version": version,
        "Architecture": architecture,
        "Maintainer": f"{about['Author']} <root@localhost>",
        "Installed-Size": str(size),
        "Depends": "python3 (>= 3.11), python3 (<< 3.14), libc6 (>= 2.28)",
        "Section": "mail",
        "Priority": "optional",
        "Description": f"mail-path explorer for the terminal\n {about['Summary']}",
    }
    write(root / "DEBIAN/control", "".join(f"{key}: {value}\n" for key, value in control.items()).encode())
    write(root / "DEBIAN/postinst", _POSTINST.encode(), 0o755)
    write(root / "DEBIAN/prerm", _PRERM.encode(), 0o755)
    return f"mailpath_{version}_{architecture}.deb"


def write(file: Path, content: bytes, mode: int = 0o644) -> None:
    """A file that all may read, whatever the umask is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def set_times(root: Path) -> None:
    """The time of the commit everywhere, and folders that all may read: the package is the same twice."""
    at = int(wheels.epoch())
    for path in [root, *root.rglob("*")]:
        os.utime(path, (at, at), follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


if __name__ == "__main__":
    main()
