"""Whose a file is, and what it is called on a page."""

import pytest

from concurlint.report.profiled.paths import is_library, measured_path, short_paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/python3.12/threading.py", True),
        ("/opt/py/lib/python3.14t/queue.py", True),
        ("/home/me/.venv/lib/python3.12/site-packages/requests/api.py", True),
        ("/usr/lib/python3/dist-packages/apt.py", True),
        ("C:\\py\\lib\\python3.12\\queue.py", True),
        ("<frozen importlib._bootstrap>", True),
        ("/home/me/lib/tool.py", False),
        ("/home/me/python3.12/tool.py", False),
        ("app.py", False),
    ],
)
def test_a_library_is_known_by_where_it_lies(path: str, expected: bool):
    assert is_library(path) is expected


def test_own_files_lose_the_folder_they_share_and_libraries_the_one_they_lie_in():
    assert short_paths(
        [
            "/home/me/shop/app.py",
            "/home/me/shop/lib/numbers.py",
            "/usr/lib/python3.12/threading.py",
            "/v/lib/python3.12/site-packages/requests/api.py",
            "<string>",
        ]
    ) == {
        "/home/me/shop/app.py": "app.py",
        "/home/me/shop/lib/numbers.py": "lib/numbers.py",
        "/usr/lib/python3.12/threading.py": "threading.py",
        "/v/lib/python3.12/site-packages/requests/api.py": "requests/api.py",
        "<string>": "<string>",
    }


def test_one_file_is_called_by_its_name_and_control_characters_are_seen():
    assert short_paths(["/tmp/a/\x1b[2Japp.py"]) == {"/tmp/a/\x1b[2Japp.py": "␛[2Japp.py"}


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("app.py", "/home/me/shop/app.py"),
        ("lib/app.py", "/home/me/shop/lib/app.py"),
        ("/home/me/shop/app.py", "/home/me/shop/app.py"),
        ("pp.py", "pp.py"),
        ("gone.py", "gone.py"),
    ],
)
def test_a_reported_path_is_found_among_those_of_the_profile(reported: str, expected: str):
    assert measured_path(reported, ["/home/me/shop/lib/app.py", "/home/me/shop/app.py"]) == expected
