"""A report is in its file as a whole, or the file is as it was."""

import os
import stat
import sys
from pathlib import Path

import pytest

from concurlint.report.saving import save


def test_a_new_file_holds_the_text_and_nothing_lies_beside_it(tmp_path: Path):
    save(tmp_path / "report.txt", "naïve …\n")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "naïve …\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path):
    path = tmp_path / "report.txt"
    path.write_text("old and longer than the new one", encoding="utf-8")
    path.chmod(0o640)
    save(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")
    save(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"


def test_half_characters_of_a_path_are_no_trouble(tmp_path: Path):
    save(tmp_path / "report.txt", "a\udc80b")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "a\\udc80b"


def test_a_folder_is_an_error_and_stays(tmp_path: Path):
    with pytest.raises(OSError, match=r"directory|denied"):
        save(tmp_path, "text")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "none" / "report.txt", "text")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        save(fifo, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
