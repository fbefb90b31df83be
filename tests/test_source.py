"""Which files belong to a project, what they are called, and how they are read."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from concurlint.config import Config, Nearest, load
from concurlint.decoding import decode
from concurlint.source import SourceError, SourceFile, Sources, find_sources, project_root, read


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that is the current one."""
    with contextlib.chdir(tmp_path):
        yield tmp_path


def write(folder: Path, files: Mapping[str, str] | list[str]) -> Path:
    """Files with their texts, or empty ones; a name that ends in `/` is a folder."""
    texts = files if isinstance(files, Mapping) else dict.fromkeys(files, "")
    for name, text in texts.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def sources(*paths: str | Path) -> Sources:
    given = [Path(path) for path in paths]
    return find_sources(given, load(project_root(given)))


def asked(*paths: str | Path) -> list[str]:
    return [file.name for file in sources(*paths).files if file.asked]


def not_asked(*paths: str | Path) -> list[str]:
    return [file.name for file in sources(*paths).files if not file.asked]


def modules(*paths: str | Path) -> dict[str, str]:
    return {file.name: file.module for file in sources(*paths).files}


def the(name: str, *paths: str | Path) -> SourceFile:
    return next(file for file in sources(*paths).files if file.name == name)


# Which project


def test_the_root_is_the_folder_of_the_nearest_pyproject(here: Path) -> None:
    write(here, ["pyproject.toml", "a/pyproject.toml", "a/b/c.py"])
    assert project_root([here / "a/b/c.py"]) == here / "a"
    assert project_root([here / "a/b"]) == here / "a"
    assert project_root([Path()]) == here


def test_the_root_is_the_repository_where_there_is_no_pyproject(here: Path) -> None:
    write(here, [".git/", "a/b.py"])
    assert project_root([Path("a/b.py")]) == here


def test_the_root_is_the_path_itself_where_there_is_neither(here: Path) -> None:
    write(here, ["a/b/c.py"])
    assert project_root([Path("a")]) == here / "a"
    assert project_root([Path("a/b/c.py")]) == here / "a/b"


def test_a_file_deep_in_a_loose_package_has_the_whole_package_for_its_project(here: Path) -> None:
    write(here, ["other.py", "pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/b.py"])
    found = sources("pkg/sub/b.py")
    assert found.root == here / "pkg"
    assert {file.name: file.module for file in found.files} == {
        "pkg/__init__.py": "pkg",
        "pkg/a.py": "pkg.a",
        "pkg/sub/__init__.py": "pkg.sub",
        "pkg/sub/b.py": "pkg.sub.b",
    }


def test_paths_of_two_projects_have_the_project_around_them_as_root(here: Path) -> None:
    write(here, [".git/", "libs/a/pyproject.toml", "libs/a/x.py", "libs/b/pyproject.toml", "libs/b/y.py"])
    assert project_root([Path("libs/a"), Path("libs/b/y.py")]) == here


def test_paths_without_a_common_project_have_the_folder_around_them_as_root(here: Path) -> None:
    write(here, ["a/pyproject.toml", "a/x.py", "b/pyproject.toml", "b/y.py", "c/z.py"])
    found = sources("a/x.py", "b")
    assert found.root == here
    assert [file.name for file in found.files] == ["a/x.py", "b/y.py"]


def test_a_path_with_dots_is_the_folder_it_leads_to(here: Path) -> None:
    write(here, ["a/pyproject.toml", "a/x.py", "b/"])
    assert project_root([Path("b/../a")]) == here / "a"
    assert asked("b/../a") == ["a/x.py"]


# Which files


def test_python_files_are_listed_in_order_and_stubs_left_out(here: Path) -> None:
    write(here, ["b.py", "a.py", "gui.pyw", "stub.pyi", "README.md", "data.pyc", "pkg/m.py"])
    assert asked(".") == ["a.py", "b.py", "gui.pyw", "pkg/m.py"]


MADE_BY_TOOLS = [
    *(".venv", "venv", ".tox", ".nox", ".eggs", ".git", ".hg", "build", "dist", "site-packages"),
    *("node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
]


@pytest.mark.parametrize("folder", MADE_BY_TOOLS)
def test_folders_made_by_tools_are_left_out(here: Path, folder: str) -> None:
    write(here, ["pyproject.toml", "a.py", f"{folder}/b.py", f"deep/{folder}/lib/c.py"])
    assert asked(".") == ["a.py"]


def test_an_environment_is_left_out_by_what_it_holds(here: Path) -> None:
    write(here, ["a.py", "env/pyvenv.cfg", "env/lib/b.py", "myenv/conda-meta/x.json", "myenv/c.py"])
    write(here, ["environment/d.py", "other/env/e.py"])
    assert asked(".") == ["a.py", "environment/d.py", "other/env/e.py"]


def test_a_package_called_build_is_a_package(here: Path) -> None:
    write(here, ["cli/__init__.py", "cli/build/__init__.py", "cli/build/a.py", "build/lib/cli/b.py"])
    assert asked(".") == ["cli/__init__.py", "cli/build/__init__.py", "cli/build/a.py"]


def test_gitignore_is_honoured(here: Path) -> None:
    write(here, {".git/": "", ".gitignore": "*_pb2.py\ngen/\n/top.py\n!kept_pb2.py\n"})
    write(here, ["a.py", "x_pb2.py", "kept_pb2.py", "gen/b.py", "sub/gen/c.py", "top.py", "sub/top.py"])
    assert asked(".") == ["a.py", "kept_pb2.py", "sub/top.py"]


def test_the_nested_gitignore_wins(here: Path) -> None:
    write(here, {".gitignore": "*.gen.py\nlocal.py\n", "sub/.gitignore": "!a.gen.py\n/b.py\n"})
    write(here, ["a.gen.py", "b.py", "sub/a.gen.py", "sub/b.py", "sub/deep/b.py", "sub/local.py"])
    assert asked(".") == ["b.py", "sub/a.gen.py", "sub/deep/b.py"]


def test_the_gitignore_above_the_given_folder_counts_up_to_the_repository(here: Path) -> None:
    write(here, {".gitignore": "a.py\n", "repo/.git/": "", "repo/.gitignore": "b.py\n"})
    write(here, ["repo/lib/pyproject.toml", "repo/lib/src/a.py", "repo/lib/src/b.py", "repo/lib/src/c.py"])
    assert asked("repo/lib/src") == ["repo/lib/src/a.py", "repo/lib/src/c.py"]


def test_a_line_of_gitignore_that_means_nothing_is_passed_over(here: Path) -> None:
    (here / ".gitignore").write_bytes(b"\xef\xbb\xbfa.py\r\n!\n# caf\xe9\n\n")
    write(here, ["a.py", "b.py"])
    assert asked(".") == ["b.py"]


def test_exclude_is_relative_to_the_root_and_beats_gitignore(here: Path) -> None:
    write(here, {"pyproject.toml": '[tool.concurlint]\nexclude = ["/gen/", "old_*.py"]\n'})
    write(here, {".gitignore": "!old_a.py\n"})
    write(here, ["a.py", "gen/b.py", "sub/gen/c.py", "sub/old_d.py", "old_a.py"])
    assert asked(".") == ["a.py", "sub/gen/c.py"]
    assert asked("sub") == ["sub/gen/c.py"]


def test_a_file_named_on_the_command_line_is_checked_though_it_is_left_out_of_walks(here: Path) -> None:
    write(here, {"pyproject.toml": '[tool.concurlint]\nexclude = ["c.py"]\n', ".gitignore": "a.py\n"})
    write(here, ["a.py", "build/b.py", "c.py", "d.py"])
    assert asked("a.py", "build/b.py", "c.py") == ["a.py", "build/b.py", "c.py"]
    assert not_asked("a.py") == ["d.py"]


def test_a_file_named_on_the_command_line_needs_no_suffix_but_may_not_be_a_stub(here: Path) -> None:
    write(here, ["script", "stub.pyi"])
    assert asked("script", "stub.pyi") == ["script"]


@pytest.mark.parametrize("folder", ["build/lib", "lib/site-packages/pkg", ".venv", "gen", "gen/deep"])
def test_a_folder_named_on_the_command_line_is_walked_wherever_it_lies(here: Path, folder: str) -> None:
    table = '[tool.concurlint]\nexclude = ["gen", "*_old.py"]\n'
    write(here, {"pyproject.toml": table, ".git/": "", ".gitignore": "gen/\n.venv\n*_pb2.py\n"})
    write(here, ["a.py", f"{folder}/b.py", f"{folder}/b_pb2.py", f"{folder}/b_old.py", f"{folder}/build/c.py"])
    assert asked(folder) == [f"{folder}/b.py"]
    assert not_asked(folder) == ["a.py"]


def test_a_gitignore_that_ignores_all_around_it_is_no_obstacle(here: Path) -> None:
    write(here, {".git/": "", ".venv/.gitignore": "*\n", ".venv/lib/pkg/__init__.py": "", "a.py": ""})
    assert asked(".venv/lib/pkg") == [".venv/lib/pkg/__init__.py"]


def test_one_file_still_knows_the_rest_of_its_project(here: Path) -> None:
    write(here, ["pyproject.toml", "a.py", "src/pkg/__init__.py", "src/pkg/b.py", "tests/test_b.py"])
    assert asked("src/pkg/b.py") == ["src/pkg/b.py"]
    assert not_asked("src/pkg/b.py") == ["a.py", "src/pkg/__init__.py", "tests/test_b.py"]


def test_several_paths_are_all_asked_and_each_file_listed_once(here: Path) -> None:
    write(here, ["pyproject.toml", "a.py", "pkg/b.py", "pkg/c.py", "d.py"])
    assert asked("pkg", "pkg/b.py", here / "a.py", "a.py") == ["a.py", "pkg/b.py", "pkg/c.py"]
    assert not_asked("pkg", "a.py") == ["d.py"]


def test_around_a_loose_script_only_what_it_can_import_is_known(here: Path) -> None:
    write(here, ["tool.py", "helper.py", "pkg/__init__.py", "pkg/a.py", "pkg/data/b.py", "downloads/x.py"])
    assert asked("tool.py") == ["tool.py"]
    assert not_asked("tool.py") == ["helper.py", "pkg/__init__.py", "pkg/a.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_to_folders_are_not_followed_and_dangling_links_passed_over(here: Path) -> None:
    write(here, ["a.py", "pkg/b.py"])
    (here / "pkg/loop").symlink_to(here, target_is_directory=True)
    (here / "gone.py").symlink_to(here / "nowhere.py")
    (here / "self.py").symlink_to(here / "self.py")
    (here / "linked.py").symlink_to(here / "a.py")
    assert asked(".") == ["a.py", "linked.py", "pkg/b.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_to_a_folder_is_walked_when_it_is_named(here: Path) -> None:
    write(here, ["real/a.py"])
    (here / "link").symlink_to(here / "real", target_is_directory=True)
    assert asked("link") == ["link/a.py"]


def test_a_folder_without_python_is_an_empty_answer(here: Path) -> None:
    write(here, ["README.md"])
    assert sources(".") == Sources(here, (), barren=(Path(),))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders there")
def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe.py")
    assert asked(".") == []
    with pytest.raises(SourceError) as caught:
        sources("pipe.py")
    assert str(caught.value) == "neither a file nor a folder: pipe.py"


@pytest.mark.parametrize("path", ["nowhere", "nowhere/a.py", "a.py/b.py"])
def test_a_path_that_does_not_exist_is_said_in_one_line(here: Path, path: str) -> None:
    write(here, ["a.py"])
    with pytest.raises(SourceError) as caught:
        find_sources([Path("a.py"), Path(path)], Config(root=here))
    assert str(caught.value) == f"no such file or folder: {Path(path)}"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to this user")
def test_what_is_closed_to_the_user_is_said_or_listed_with_the_reason(here: Path) -> None:
    write(here, ["shut.py", "closed/a.py"])
    (here / "shut.py").chmod(0)
    (here / "closed").chmod(0)
    try:
        assert (the("shut.py", ".").data, the("shut.py", ".").trouble) == (b"", "permission denied")
        for path in ("closed", "closed/a.py"):
            with pytest.raises(SourceError) as caught:
                sources(path)
            assert str(caught.value) == f"cannot look into {path}: permission denied"
    finally:
        (here / "closed").chmod(0o700)


# How they are called


def test_names_are_relative_to_the_current_folder(here: Path) -> None:
    write(here, ["pyproject.toml", "pkg/a.py", "other/"])
    assert asked(here / "pkg") == ["pkg/a.py"]
    with contextlib.chdir(here / "other"):
        assert asked("../pkg") == ["../pkg/a.py"]
    with contextlib.chdir(here / "pkg"):
        assert asked("a.py") == ["a.py"]
        assert the("a.py", "a.py").path == here / "pkg/a.py"


def test_packages_beside_the_project_file_are_named_from_the_root(here: Path) -> None:
    write(here, ["pyproject.toml", "run.py", "pkg/__init__.py", "pkg/__main__.py", "pkg/sub/__init__.py"])
    write(here, ["pkg/sub/m.py", "__main__.py"])
    assert modules(".") == {
        "__main__.py": "__main__",
        "pkg/__init__.py": "pkg",
        "pkg/__main__.py": "pkg.__main__",
        "pkg/sub/__init__.py": "pkg.sub",
        "pkg/sub/m.py": "pkg.sub.m",
        "run.py": "run",
    }
    assert [file.module for file in sources(".").files if file.is_package] == ["pkg", "pkg.sub"]


def test_packages_below_src_are_named_from_there(here: Path) -> None:
    write(here, ["pyproject.toml", "src/pkg/__init__.py", "src/pkg/m.py", "src/tool.py", "src/ns/part/n.py"])
    assert modules("src/tool.py") == {
        "src/ns/part/n.py": "ns.part.n",
        "src/pkg/__init__.py": "pkg",
        "src/pkg/m.py": "pkg.m",
        "src/tool.py": "tool",
    }
    assert the("src/pkg/m.py", ".").aliases == ("src.pkg.m",)


def test_src_is_a_package_where_it_has_an_init(here: Path) -> None:
    write(here, ["pyproject.toml", "src/__init__.py", "src/m.py"])
    assert modules(".") == {"src/__init__.py": "src", "src/m.py": "src.m"}


def test_a_namespace_package_may_be_imported_by_the_long_and_the_short_name(here: Path) -> None:
    write(here, ["pyproject.toml", "google/cloud/storage/__init__.py", "google/cloud/storage/client.py"])
    client = the("google/cloud/storage/client.py", ".")
    assert client.module == "google.cloud.storage.client"
    assert client.aliases == ("storage.client", "cloud.storage.client")
    assert client.folder_of(client.module) == here
    assert [client.folder_of(alias) for alias in client.aliases] == [here / "google/cloud", here / "google"]


def test_the_folder_of_a_name_knows_packages(here: Path) -> None:
    write(here, ["pyproject.toml", "lib/pkg/__init__.py"])
    package = the("lib/pkg/__init__.py", ".")
    assert (package.module, package.aliases) == ("lib.pkg", ("pkg",))
    assert (package.folder_of("lib.pkg"), package.folder_of("pkg")) == (here, here / "lib")


def test_modules_inside_a_package_have_no_short_names(here: Path) -> None:
    write(here, ["pyproject.toml", "pkg/__init__.py", "pkg/helpers.py"])
    assert the("pkg/helpers.py", ".").aliases == ()


def test_a_script_is_no_alias_for_a_module_of_the_standard_library(here: Path) -> None:
    write(here, ["pyproject.toml", "tests/json.py", "tests/helpers.py"])
    assert the("tests/json.py", ".").aliases == ()
    assert the("tests/helpers.py", ".").aliases == ("helpers",)


def test_no_dotted_name_leads_through_a_folder_that_is_no_identifier(here: Path) -> None:
    write(here, ["pyproject.toml", "my-scripts/tool.py", "pkg-1.2/pkg/__init__.py", "odd.name.py", "ns/a-b.py"])
    assert modules(".") == {
        "my-scripts/tool.py": "tool",
        "ns/a-b.py": "ns.a-b",
        "odd.name.py": "odd_name",
        "pkg-1.2/pkg/__init__.py": "pkg",
    }
    assert the("ns/a-b.py", ".").aliases == ()


def test_the_projects_inside_a_project_have_import_roots_of_their_own(here: Path) -> None:
    write(here, [".git/", "libs/a/pyproject.toml", "libs/a/src/alpha/__init__.py", "libs/b/setup.py"])
    write(here, ["libs/b/beta/__init__.py", "libs/b/beta/m.py"])
    assert modules(".") == {
        "libs/a/src/alpha/__init__.py": "alpha",
        "libs/b/beta/__init__.py": "beta",
        "libs/b/beta/m.py": "beta.m",
        "libs/b/setup.py": "setup",
    }


def test_no_two_files_share_a_name(here: Path) -> None:
    write(here, ["setup.py", "a/setup.py", "b/setup.py", "a/tests/__init__.py", "b/tests/__init__.py"])
    write(here, ["b/tests/test_x.py", "x.py", "x.pyw", "x/__init__.py", "tests/test_x.py"])
    write(here, ["pyproject.toml"])
    assert modules(".") == {
        "a/setup.py": "a.setup",
        "a/tests/__init__.py": "a.tests",
        "b/setup.py": "b.setup",
        "b/tests/__init__.py": "b.tests",
        "b/tests/test_x.py": "b.tests.test_x",
        "setup.py": "setup",
        "tests/test_x.py": "tests.test_x",
        "x.py": "x~2",
        "x.pyw": "x~3",
        "x/__init__.py": "x",
    }
    assert the("b/tests/test_x.py", ".").aliases == ("tests.test_x",)


def test_a_stray_init_beside_the_project_file_hides_no_package(here: Path) -> None:
    write(here, ["repo/pyproject.toml", "repo/__init__.py", "repo/pkg/__init__.py", "repo/pkg/m.py"])
    module = the("repo/pkg/m.py", "repo")
    assert (module.module, module.aliases) == ("repo.pkg.m", ("pkg.m",))
    assert module.folder_of("pkg.m") == here / "repo"


def test_a_folder_of_installed_packages_names_them_as_they_are_imported(here: Path) -> None:
    write(
        here,
        ["lib/site-packages/six.py", "lib/site-packages/attr/__init__.py", "lib/site-packages/attr/m.py"],
    )
    assert list(modules("lib/site-packages").values()) == ["attr", "attr.m", "six"]
    assert list(modules("lib/site-packages/attr").values()) == ["attr", "attr.m"]


# How they are read


def test_files_are_read_as_they_lie_on_the_disk(here: Path) -> None:
    (here / "a.py").write_bytes(b"x = 1\r\n\xff")
    file = the("a.py", ".")
    assert (file.data, file.trouble) == (b"x = 1\r\n\xff", "")


def test_a_file_that_vanished_has_no_bytes_but_a_reason(tmp_path: Path) -> None:
    assert read(tmp_path / "gone.py") == (b"", "no such file or directory")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that opens and cannot be read")
def test_a_file_that_cannot_be_read_is_listed_with_the_reason() -> None:
    file = next(file for file in sources("/proc/self/mem").files if file.asked)
    assert (file.data, file.trouble) == (b"", "input/output error")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        ("\ufeffx = 'é'\n".encode(), "x = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (
            b"#!/usr/bin/python\n# vim: fileencoding=cp1251\n'\xff'",
            "#!/usr/bin/python\n# vim: fileencoding=cp1251\n'я'",
        ),
        (b"a\r\nb\rc\n", "a\r\nb\rc\n"),
    ],
)
def test_text_is_decoded_as_python_would(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"\xff", 0), (b"a = 1\nb = '\xe9'\n", 11), (b"a\nb\nc\n\xe9", 6), (b"\xef\xbb\xbfab\n\xff", 3)],
)
def test_bytes_that_are_no_text_are_told_with_their_place(data: bytes, place: int) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        decode(data)
    assert caught.value.start == place


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex", "undefined"])
def test_an_encoding_that_is_none_is_a_syntax_error(encoding: str) -> None:
    with pytest.raises(SyntaxError, match="encoding"):
        decode(f"# coding: {encoding}\nx = 1\n".encode())


def test_a_mark_and_a_declaration_that_disagree_are_a_syntax_error() -> None:
    with pytest.raises(SyntaxError, match="encoding"):
        decode(b"\xef\xbb\xbf# coding: latin-1\n")


def test_what_is_unsaved_counts_as_if_it_were_on_the_disk(here: Path):
    write(here, {"pyproject.toml": "", "old.py": "old = 1\n", "gone.py": "", "sub/a.py": ""})
    unsaved = {
        here / "old.py": b"new = 1\n",
        here / "gone.py": None,
        here / "sub" / "new.py": b"",
        here / "out" / "left.py": b"",
    }
    config = Config(root=here, exclude=("out/",))
    found = find_sources([here / "sub", here / "old.py"], config, unsaved).files
    assert [(source.name, source.data, source.asked) for source in found] == [
        ("old.py", b"new = 1\n", True),
        ("sub/a.py", b"", True),
        ("sub/new.py", b"", True),
    ]


def test_each_folder_is_walked_as_its_own_settings_say(here: Path):
    write(here, ["a.py", "gen/b.py", "one/c.py", "one/gen/d.py", "two/e.py", "two/gen/f.py", "two/old/g.py"])
    write(here, {"concurlint.toml": 'exclude = ["gen/"]\n', "two/concurlint.toml": 'exclude = ["old/"]\n'})
    found = find_sources([Path()], Nearest()).files
    assert [source.name for source in found] == ["a.py", "one/c.py", "two/e.py", "two/gen/f.py"]
    found = find_sources([Path()], Nearest({"exclude": ["e.py", "/one/"], "respect-gitignore": False})).files
    assert [source.name for source in found] == ["a.py", "gen/b.py", "two/gen/f.py", "two/old/g.py"]


def test_what_git_ignores_may_be_asked_for(here: Path):
    write(here, {".gitignore": "out/\n", "a.py": "", "out/b.py": ""})
    config = Config(root=here)
    assert [source.name for source in find_sources([Path()], config).files] == ["a.py"]
    anyway = replace(config, respect_gitignore=False)
    assert [source.name for source in find_sources([Path()], anyway).files] == ["a.py", "out/b.py"]


def test_what_is_excluded_may_be_named_unless_that_is_refused(here: Path):
    write(here, ["a.py", "gen/b.py"])
    config = Config(root=here, exclude=("gen/",))
    named = [Path("a.py"), Path("gen/b.py")]
    assert [source.name for source in find_sources(named, config).files if source.asked] == ["a.py", "gen/b.py"]
    refused = find_sources(named, replace(config, force_exclude=True))
    assert [source.name for source in refused.files if source.asked] == ["a.py"]
    assert refused.barren == (Path("gen/b.py"),)


def test_a_path_that_leads_to_no_file_is_known(here: Path):
    write(here, ["a.py", "empty/", "gen/b.py", "stub.pyi"])
    config = Config(root=here, exclude=("b.py",))
    paths = [Path("a.py"), Path("empty"), Path("gen"), Path("stub.pyi")]
    assert find_sources(paths, config).barren == (Path("empty"), Path("gen"), Path("stub.pyi"))


def test_a_path_that_is_only_unsaved_may_be_asked_for(here: Path):
    found = find_sources([Path("new.py")], Config(root=here), {here / "new.py": b"x = 1\n"}).files
    assert [(source.name, source.module, source.data, source.asked) for source in found] == [
        ("new.py", "new", b"x = 1\n", True)
    ]
