"""The language server through a real client: what an editor sees while code is written."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.server.session import PULLS, Editor, in_editor, said

pytestmark = pytest.mark.slow

CALLER = "import helper\n\n\nasync def main():\n    helper.wait()\n"
HELPER = "import time\n\n\ndef wait():\n    time.sleep(1)\n"
CALM = "def wait():\n    return 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two files: a coroutine, and what it calls."""
    (tmp_path / "pyproject.toml").write_text("[tool.concurlint]\n", encoding="utf-8")
    (tmp_path / "app.py").write_text(CALLER, encoding="utf-8")
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    return tmp_path


def test_a_file_is_checked_when_it_is_opened_with_what_other_files_do(project: Path):
    async def does(editor: Editor) -> None:
        editor.open(project / "app.py")
        (found,) = await editor.until_shown(project / "app.py", "CCL501:5")
        assert found.severity is types.DiagnosticSeverity.Warning
        assert found.source == "concurlint"
        assert found.message.splitlines()[1].startswith("help: ")
        assert found.related_information is not None
        assert [Path(one.location.uri).name for one in found.related_information][-1] == "helper.py"

    in_editor(project, does)


def test_what_is_typed_counts_before_it_is_saved(project: Path):
    async def does(editor: Editor) -> None:
        app = project / "app.py"
        editor.open(app, "async def main():\n    pass\n")
        await editor.until_shown(app)
        editor.type(app, "import time\n\n\nasync def main():\n    time.sleep(1)\n")
        await editor.until_shown(app, "CCL501:5")
        editor.type(app, "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n")
        await editor.until_shown(app)

    in_editor(project, does)


def test_an_edit_of_one_file_changes_what_another_shows(project: Path):
    async def does(editor: Editor) -> None:
        app, helper = project / "app.py", project / "helper.py"
        editor.open(app)
        await editor.until_shown(app, "CCL501:5")
        editor.open(helper)
        editor.type(helper, CALM)
        await editor.until_shown(app)
        editor.close(helper)  # unsaved: the disk counts again
        editor.type(app, f"{CALLER}\n")
        await editor.until_shown(app, "CCL501:5")

    in_editor(project, does)


def test_what_only_the_whole_project_tells_comes_and_moves_with_the_text(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    counter, runner = tmp_path / "counter.py", tmp_path / "runner.py"
    counter.write_text("total = 0\n\n\ndef count():\n    global total\n    total += 1\n", encoding="utf-8")
    runner.write_text(
        "import threading\n\nimport counter\n\n\ndef main():\n"
        "    for _ in range(4):\n        threading.Thread(target=counter.count).start()\n",
        encoding="utf-8",
    )

    async def does(editor: Editor) -> None:
        editor.open(counter)
        await editor.until_shown(counter, "CCL301:6")
        editor.type(counter, "# how often\n" + counter.read_text(encoding="utf-8"))
        await editor.until_shown(counter, "CCL301:7")

    in_editor(tmp_path, does)


def test_a_half_typed_line_says_so_and_nothing_else_is_lost(project: Path):
    async def does(editor: Editor) -> None:
        app = project / "app.py"
        editor.open(app)
        await editor.until_shown(app, "CCL501:5")
        editor.type(app, f"{CALLER}\nx = (\n")
        found = await editor.until(lambda: found if len(found := editor.diagnostics[app.as_uri()]) == 2 else None)
        assert [one.code for one in found] == ["CCL501", "CCL001"]

    in_editor(project, does)


def test_places_are_counted_in_the_editors_units(project: Path):
    text = "import time\n\n\nasync def main():\n    x = '🎉🎉'; time.sleep(1)\n"

    async def does(editor: Editor) -> None:
        editor.open(project / "app.py", text)
        (found,) = await editor.until_shown(project / "app.py", "CCL501:5")
        start = len("    x = '🎉🎉'; ".encode("utf-16-le")) // 2
        assert found.range == types.Range(types.Position(4, start), types.Position(4, start + len("time.sleep(1)")))

    in_editor(project, does)


def test_a_form_feed_ends_no_line(project: Path):
    async def does(editor: Editor) -> None:
        editor.open(project / "app.py", "\x0cimport time\n\n\nasync def main():\n    time.sleep(1)\n")
        await editor.until_shown(project / "app.py", "CCL501:5")

    in_editor(project, does)


def test_a_hover_tells_why_and_a_code_in_a_comment_what_it_means(project: Path):
    async def hover(editor: Editor, line: int, column: int) -> str:
        position = types.Position(line, column)
        where = types.TextDocumentIdentifier((project / "app.py").as_uri())
        found = await editor.client.text_document_hover_async(types.HoverParams(where, position))
        assert found is None or isinstance(found.contents, types.MarkupContent)
        return "" if found is None else found.contents.value

    async def does(editor: Editor) -> None:
        editor.open(project / "app.py", f"{CALLER}# noqa: CCL301\n")
        await editor.until_shown(project / "app.py", "CCL501:5", "CCL002:6")
        here = await hover(editor, 4, 8)
        assert "blocking-call-in-async" in here
        assert "An event loop runs on one thread" in here
        assert "`helper.py:5`" in here
        assert "shared-write-unlocked" not in here
        assert await hover(editor, 2, 0) == ""

    async def named(editor: Editor) -> None:
        editor.open(project / "app.py", "# CCL301 and gil-bound-threads\n")
        await editor.until_shown(project / "app.py")
        assert (await hover(editor, 0, 3)).startswith("**CCL301** shared-write-unlocked")
        assert (await hover(editor, 0, 16)).startswith("**CCL901** gil-bound-threads")

    in_editor(project, does)
    in_editor(project, named)


def test_a_finding_can_be_silenced_from_the_editor(project: Path):
    async def does(editor: Editor) -> None:
        app = project / "app.py"
        where = types.TextDocumentIdentifier(editor.open(app))
        found = await editor.until_shown(app, "CCL501:5")
        params = types.CodeActionParams(where, found[0].range, types.CodeActionContext(found))
        offered = await editor.client.text_document_code_action_async(params)
        assert offered is not None
        actions = [one for one in offered if isinstance(one, types.CodeAction)]
        silencing = actions[1:]
        assert [one.title for one in silencing] == ["Silence CCL501 on this line", "Silence CCL501 in this file"]
        edits = [edit for one in silencing if one.edit is not None for edit in (one.edit.changes or {})[where.uri]]
        assert [(edit.range.start, edit.new_text) for edit in edits if isinstance(edit, types.TextEdit)] == [
            (types.Position(4, 17), "  # noqa: CCL501"),
            (types.Position(0, 0), "# concurlint: ignore-file[CCL501]\n"),
        ]
        editor.type(app, CALLER.replace("helper.wait()", "helper.wait()  # noqa: CCL501"))
        await editor.until_shown(app)

    in_editor(project, does)


def test_a_finding_can_be_mended_from_the_editor(project: Path):
    text = "import time\n\n\nasync def slow():\n    time.sleep(1)\n"

    async def does(editor: Editor) -> None:
        app = project / "app.py"
        where = types.TextDocumentIdentifier(editor.open(app))
        editor.type(app, text)
        found = await editor.until_shown(app, "CCL501:5")
        params = types.CodeActionParams(where, found[0].range, types.CodeActionContext(found))
        offered = await editor.client.text_document_code_action_async(params)
        first = next(one for one in offered or () if isinstance(one, types.CodeAction))
        assert (first.title, first.is_preferred) == ("CCL501: await `asyncio.sleep`", True)
        assert first.edit is not None
        edits = (first.edit.changes or {})[where.uri]
        assert [(edit.range.start, edit.range.end, edit.new_text) for edit in edits] == [
            (types.Position(0, 0), types.Position(0, 0), "import asyncio\n"),
            (types.Position(4, 4), types.Position(4, 14), "await asyncio.sleep"),
        ]

    in_editor(project, does)


def test_an_editor_that_pulls_is_told_to_pull_again_and_gets_what_changed(project: Path):
    async def does(editor: Editor) -> None:
        where = types.TextDocumentIdentifier(editor.open(project / "app.py"))
        report = await editor.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(where))
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert said(list(report.items)) == ["CCL501:5"]
        again = await editor.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(where, previous_result_id=report.result_id)
        )
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
        await editor.until(lambda: editor.refreshes)
        assert editor.diagnostics == {}

    in_editor(project, does, PULLS)


def test_the_whole_workspace_can_be_pulled(project: Path):
    (project / "lonely.py").write_text("import time\n\n\nasync def f():\n    time.sleep(1)\n", encoding="utf-8")

    async def does(editor: Editor) -> None:
        report = await editor.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
        found = {
            Path(item.uri).name: said(list(item.items))
            for item in report.items
            if isinstance(item, types.WorkspaceFullDocumentDiagnosticReport)
        }
        assert found == {"app.py": ["CCL501:5"], "lonely.py": ["CCL501:5"]}

    in_editor(project, does, PULLS)


def test_a_question_can_be_taken_back(project: Path):
    async def does(editor: Editor) -> None:
        where = types.TextDocumentIdentifier(editor.open(project / "app.py"))
        pulling = editor.client.protocol.send_request("textDocument/diagnostic", types.DocumentDiagnosticParams(where))
        (number,) = [of for of, future in editor.client.protocol._request_futures.items() if future is pulling]
        editor.client.cancel_request(types.CancelParams(number))
        editor.type(project / "app.py", f"{CALLER}\n")
        report = await editor.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(where))
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert said(list(report.items)) == ["CCL501:5"]

    in_editor(project, does, PULLS)


def test_settings_of_the_editor_go_before_those_of_the_project(project: Path):
    async def does(editor: Editor) -> None:
        editor.open(project / "app.py")
        await editor.until_shown(project / "app.py")
        settings = {"concurlint": {"select": ["CCL5"]}}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        await editor.until_shown(project / "app.py", "CCL501:5")

    in_editor(project, does, options={"ignore": ["CCL501"]})


def test_what_is_wrong_with_the_settings_is_said_once(project: Path):
    (project / "pyproject.toml").write_text("[tool.concurlint]\nselct = []\n", encoding="utf-8")

    async def does(editor: Editor) -> None:
        editor.open(project / "app.py")
        await editor.until(lambda: len(editor.messages) == 2)
        assert editor.messages[0] == "concurlint: the editor's settings: `advice` must be true or false"
        assert "unknown key `selct` in [tool.concurlint]" in editor.messages[1]

    in_editor(project, does, options={"advice": "yes"})


def test_files_that_change_on_the_disk_are_read_again(project: Path):
    async def does(editor: Editor) -> None:
        editor.open(project / "app.py")
        await editor.until_shown(project / "app.py", "CCL501:5")
        (project / "helper.py").write_text(CALM, encoding="utf-8")
        change = types.FileEvent((project / "helper.py").as_uri(), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        await editor.until_shown(project / "app.py")

    in_editor(project, does)


def test_other_languages_are_left_alone(project: Path):
    (project / "notes.txt").write_text("time.sleep(1)\n", encoding="utf-8")

    async def does(editor: Editor) -> None:
        where = types.TextDocumentIdentifier(editor.open(project / "notes.txt"))
        hover = types.HoverParams(where, types.Position(0, 0))
        assert await editor.client.text_document_hover_async(hover) is None
        assert editor.diagnostics == {}

    in_editor(project, does)
