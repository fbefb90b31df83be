"""Scripts that no suffix tells from other files, known by their first line."""

import re

LONGEST = 128
"""Bytes that are enough to tell."""
_ENV = rb"\S*?/env\s+(?:-S\s*)?(?:\S+=\S*\s+)*"
_PYTHON = re.compile(rb"#!\s*(?:%b)?(?:uv\s+run\b.*|(?:\S*/)?(?:python|pypy)[\d.]*t?w?(?:\s|$))" % _ENV)


def names_python(head: bytes) -> bool:
    """Whether a file that begins so is run by Python: `#!/usr/bin/env python3`, `#!/usr/bin/env -S uv run --script`."""
    return _PYTHON.match(head.split(b"\n", 1)[0].rstrip(b"\r")) is not None
