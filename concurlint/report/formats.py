"""The forms a report of findings can have, by name; each is loaded when it is asked for."""

from importlib import import_module

from concurlint.report.found import Found

TEXT = "text"
PLAIN = {
    "concise": "concurlint.report.text:render_concise",
    "full": "concurlint.report.terminal:render_plain",
    "grouped": "concurlint.report.text:render_grouped",
    TEXT: "concurlint.report.text:render",
}
"""For people; `text` has code frames on a terminal."""
MACHINE = {
    "json": "concurlint.report.json:render",
    "json-lines": "concurlint.report.json:render_lines",
    "sarif": "concurlint.report.sarif:render",
    "github": "concurlint.report.annotations:render_github",
    "gitlab": "concurlint.report.gitlab:render",
    "junit": "concurlint.report.junit:render",
    "rdjson": "concurlint.report.rdjson:render",
    "azure": "concurlint.report.annotations:render_azure",
    "pylint": "concurlint.report.annotations:render_pylint",
}
"""For other programs."""
_KNOW_CELLS = ("json", "json-lines")
FORMATS = (*PLAIN, *MACHINE)


def render(form: str, found: Found) -> str:
    """The whole report in the form of that name, "" or a line end at its end; KeyError for a name that is none."""
    module, _, function = (PLAIN | MACHINE)[form].partition(":")
    if found.cells and form not in _KNOW_CELLS:
        from concurlint.report.cells import at_top, in_cells

        found = in_cells(found) if form in PLAIN else at_top(found)
    report = getattr(import_module(module), function)(found)
    assert isinstance(report, str)
    return report
