"""Scripts known by their first line."""

import pytest

from concurlint.documents.shebang import names_python


@pytest.mark.parametrize(
    ("line", "is_python"),
    [
        (b"#!/usr/bin/env python3\n", True),
        (b"#!/usr/bin/python\r\n", True),
        (b"#! /usr/bin/python3.11 -u\n", True),
        (b"#!/opt/pypy3/bin/pypy3", True),
        (b"#!/usr/bin/env -S uv run --script\n", True),
        (b"#!/usr/bin/env -S PYTHONPATH=. python3\n", True),
        (b"#!/bin/sh\n", False),
        (b"#!/home/python/bin/sh\n", False),
        (b"#!/usr/bin/ipython-like\n", False),
        (b"import os\n#!/usr/bin/python\n", False),
        (b"", False),
    ],
)
def test_the_first_line_tells_who_runs_a_script(line: bytes, is_python: bool):
    assert names_python(line) is is_python
