"""Who runs PostgreSQL: ourselves, or, since it refuses to run as root, an ordinary user that root lends itself."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledger.embedded.process import EmbeddedError

NOBODY = 65534
TEMP_PATH_BYTES_MAX = 60  # a socket's path may have 107 bytes; ours adds 35 to that of the temporary directory


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, path: Path) -> None:
        """Gives `path` to the account. Raises `OSError`."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(data: Path) -> Account:
    """Ourselves; as root the owner of existing `data`, or `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    except KeyError:
        return Account(NOBODY, NOBODY)


def launcher(account: Account, program: Path, *folders: Path) -> list[str]:
    """The words to put before a command so that it runs as `account` and reaches `program` and `folders`.

    Empty if the account is ours. The command is signalled (SIGINT) when we die. Raises `EmbeddedError`.
    """
    if account.is_ours:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and setpriv (util-linux), which would run it as an ordinary user, "
            "is missing; run as an ordinary user or set HEALTHPAY_DATABASE_URL to a PostgreSQL of yours"
        )
    # The kernel forgets the death signal when the user changes: setpriv sets it afterwards.
    plain = [setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--pdeathsig=INT"]
    if _reaches(plain, program, *folders):
        return plain
    # The folder, or one above it, is closed to the account (say /root). Nobody's folders are opened for that; the
    # processes get leave to pass closed ones. no_setuid_fixup: else access(2), which they ask first, ignores the leave.
    return [*plain, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]


def _reaches(plain: list[str], program: Path, *folders: Path) -> bool:
    script = 'test -x "$1" || exit 1; shift; for folder; do cd "$folder" || exit 1; done'
    asked = [*plain, "sh", "-c", script, "sh", str(program), *map(str, folders)]
    return subprocess.run(asked, capture_output=True, check=False, cwd="/").returncode == 0


def socket_folder(kind: str, data_dir: Path, owner: Account) -> Path:
    """A folder for sockets that only `owner` (and root) can enter, with a path short enough for them.

    The same for the same `data_dir`, so that a killed run's is used again instead of left behind. Raises `OSError`.
    """
    base = tempfile.gettempdir()
    base = base if len(base.encode()) <= TEMP_PATH_BYTES_MAX else "/tmp"
    digest = hashlib.sha256(f"{os.geteuid()}:{data_dir}".encode()).hexdigest()[:12]
    folder = Path(base, f"healthpay-{kind}-{digest}")
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_private(folder, owner):  # somebody else took the name
            folder = Path(tempfile.mkdtemp(prefix=f"healthpay-{kind}-", dir=base))
    owner.own(folder)
    return folder


def _is_private(folder: Path, owner: Account) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (owner.uid, os.geteuid()) and not found.st_mode & 0o077
