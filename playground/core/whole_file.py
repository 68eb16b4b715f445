"""Files that others will read: each appears whole, or the old one stays."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.core.errors import PlaygroundError


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """A name beside `path` to write `what` to; renamed to `path` at the end. Raises PlaygroundError where it cannot be
    written."""
    part = path.with_name(f".part-{os.getpid()}-{threading.get_ident()}{path.suffix.lower()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise PlaygroundError(f"The {what} cannot be written to {path}: {error.strerror or error}.") from error
