"""The secrets of a local server: drawn once from the system's random source, kept in files that only we can read."""

import base64
import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    jwt_secret: str = field(repr=False)
    master_key: str = field(repr=False)


def ensure_secrets(data_dir: Path) -> Secrets:
    """The secrets under `data_dir`/secrets, made if missing; every process of every run gets the same.

    Each is the base64 of 32 random bytes. Raises `OSError`.
    """
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Secrets(jwt_secret=_kept(folder / "jwt_secret"), master_key=_kept(folder / "master_key"))


def _kept(path: Path) -> str:
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, base64.b64encode(os.urandom(SECRET_BYTES)) + b"\n")
        os.fsync(file)
        # A link, unlike a rename, never replaces: of two processes that race, both read the secret of the first.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(file)
        draft.unlink()
