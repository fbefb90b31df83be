"""What each file is there for: the program itself, or its tests, examples, benchmarks, build and chores."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from concurlint.catalog.purposes import file_purpose, folder_purpose, is_tools_file, root_files, top_folder_purpose
from concurlint.config import Config
from concurlint.finding import Finding, Weight
from concurlint.rule import Entry
from concurlint.source import SourceFile


class Purpose(StrEnum):
    """What a file is there for; all but the first is run by its developers, who see at once what goes wrong."""

    PROGRAM = "program"
    TEST = "test"
    EXAMPLE = "example"
    BENCHMARK = "benchmark"
    BUILD = "build"
    CHORE = "chore"


_TEST_NAME = re.compile(r"test_.*\.py|.*_tests?\.py|tests?\.py")
_TEST_TEXT = re.compile(rb"(?m)^\s*(?:async )?def test|^\s*(?:import|from) (?:pytest|unittest)\b")
_SHOW_NAME = re.compile(r"(?:demo|example)_.+\.py|.+_(?:demo|examples?)\.py")
_BENCH_NAME = re.compile(r"(?:bench|benchmark)(?:_.+)?\.py|.+_(?:bench|benchmarks?)\.py")


class Purposes:
    """Tells by folder, name and imports what files are there for.

    A folder's name says something only where the program that it serves is there too: all that is checked may
    itself lie in a folder called `examples`.
    """

    def __init__(self, files: Sequence[SourceFile], config: Config) -> None:
        self._config = config
        self._files = {source.name: source for source in files}
        self._known: dict[str, Purpose] = {}

    def of(self, name: str) -> Purpose:
        """The purpose of the file that is reported under a name."""
        if name not in self._known:
            source = self._files.get(name)
            found = self._by_name(source) if source is not None else Purpose.PROGRAM
            if source is not None and found is Purpose.PROGRAM and self._has_program:
                found = self._by_folder(source)
                found = self._by_show(source) if found is Purpose.PROGRAM else found
            self._known[name] = found
        return self._known[name]

    def weighed(self, entry: Entry, finding: Finding) -> Finding:
        """A finding with its weight lowered where what it tells of harms nobody: those who run a test look on."""
        if not entry.in_use or self.of(finding.span.path) is Purpose.PROGRAM:
            return finding
        return replace(finding, weight=Weight.LOW)

    @cached_property
    def _has_program(self) -> bool:
        """Whether there is more than files whose folder tells that they serve something else."""
        return any(
            not is_tools_file(source.path.name) and self._by_folder(source) is Purpose.PROGRAM
            for source in self._files.values()
            if self._by_name(source) is Purpose.PROGRAM
        )

    @cached_property
    def _root(self) -> Path:
        """The folder whose sub-folders' names mean something: the project's, or where all lies that is checked."""
        if any((self._config.root / name).is_file() for name in root_files()):
            return self._config.root
        folders = {source.path.parent for source in self._files.values() if source.asked}
        return Path(os.path.commonpath(folders)) if folders else self._config.root

    def _folders(self, source: SourceFile) -> tuple[str, ...]:
        folder = source.path.parent
        return folder.relative_to(self._root).parts if folder.is_relative_to(self._root) else ()

    def _by_folder(self, source: SourceFile) -> Purpose:
        folders = self._folders(source)
        top = top_folder_purpose(folders[0]) if folders else ""
        if top and not self._is_package(self._root / folders[0]):
            return Purpose(top)
        return next((Purpose(word) for word in map(folder_purpose, reversed(folders)) if word), Purpose.PROGRAM)

    def _is_package(self, folder: Path) -> bool:
        return any(source.is_package and source.path.parent == folder for source in self._files.values())

    @staticmethod
    def _by_name(source: SourceFile) -> Purpose:
        name, text = source.path.name, source.data
        purpose = file_purpose(name, text)
        if purpose:
            return Purpose(purpose)
        if _TEST_NAME.fullmatch(name) and _TEST_TEXT.search(text):
            return Purpose.TEST
        return Purpose.PROGRAM

    @staticmethod
    def _by_show(source: SourceFile) -> Purpose:
        name = source.path.name
        if _SHOW_NAME.fullmatch(name):
            return Purpose.EXAMPLE
        return Purpose.BENCHMARK if _BENCH_NAME.fullmatch(name) else Purpose.PROGRAM
