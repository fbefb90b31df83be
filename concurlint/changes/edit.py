"""All drafts of one change: files by their path, opened when first asked for, and in the end what is new in them."""

from __future__ import annotations

import libcst as cst

from concurlint.facts.syntax import Place
from concurlint.project.modules import Code
from concurlint.rewriting.draft import Draft
from concurlint.verdicts.case import Case
from concurlint.verdicts.change import Change, Rewritten


class Edit:
    """What is to become of the program's own files."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._drafts: dict[str, Draft] = {}

    def draft(self, code: Code) -> Draft:
        """The file that the code stands in."""
        return self.file(str(code.module.source.path))

    def file(self, path: str) -> Draft:
        """The file of that name, as the case has it."""
        absolute = self._case.absolute(path)
        if absolute not in self._drafts:
            self._drafts[absolute] = Draft(self._case.written(path).text)
        return self._drafts[absolute]

    def finished(self) -> Change | None:
        """The change; nothing where no file has become another."""
        drafts = {path: draft for path, draft in self._drafts.items() if draft.has_changed}
        files = [Rewritten(path, draft.before, draft.text) for path, draft in sorted(drafts.items())]
        changed = tuple(file for file in files if file.before != file.after)
        return Change(changed) if changed else None


def statement_at(draft: Draft, line: int) -> cst.CSTNode | None:
    """The top-level statement that the line is in."""
    for statement in draft.module.body:
        at: Place = draft.place(statement)
        if at[0] <= line <= at[2]:
            return statement
    return None
