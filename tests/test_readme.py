"""What the README and the changelog say is so: what is shown is printed, tables are complete, links lead somewhere."""

import contextlib
import re
import tomllib

import pytest

import capabilities
import facts
import picture
from concurlint.cli.front import COMMANDS
from concurlint.config import load
from concurlint.keys import NAMES
from concurlint.linting import lint
from concurlint.registry import CATALOGUE
from concurlint.report.found import Found
from concurlint.report.text import render
from tests.pages import PROJECTS, ROOT, read_page, rule_pages, verdict_pages

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
PAGES = [read_page(path) for path in (*rule_pages(), *verdict_pages())]


def test_the_readme_shows_what_is_printed():
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert len(shown) == 1
    with contextlib.chdir(ROOT):
        result = lint([PROJECTS], load(PROJECTS))
    printed = set(render(Found(result.findings)).splitlines())
    assert [line for line in shown[0].splitlines() if line not in printed] == []
    assert len({line.split()[1] for line in shown[0].splitlines() if not line.startswith(" ")}) >= 5


def test_the_table_of_the_readme_lists_the_rules():
    rows = re.findall(r"^\| (CCL\d+) \| \[(.+?)\]\((.+?)\) \| (\w+) \| (.+) \|$", README, re.MULTILINE)
    assert rows == [
        (page.code, page.name, f"rules/{page.code}-{page.name}.md", page.level, page.summary) for page in PAGES
    ]


def test_the_readme_documents_every_key_of_the_configuration():
    block = re.search(r"```toml\n(\[tool\.concurlint\]\n.*?)```", README, re.DOTALL)
    assert block
    table = tomllib.loads(block[1])["tool"]["concurlint"]
    assert set(table) <= set(NAMES)
    assert [name for name in NAMES if name not in block[1]] == []


def test_the_changelog_names_every_rule():
    assert [rule for rule in CATALOGUE if f"{rule.code} {rule.name}" not in " ".join(CHANGELOG.split())] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "rules/README.md"])
def test_links_lead_somewhere(name: str):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_the_facts_are_those_that_the_pages_tell():
    """In words: `python benchmarks/facts.py --write` brings the figures after a page was renewed."""
    figure = re.compile(r"\d+(?:\.\d+)?")
    assert figure.sub("N", facts.with_facts(README)) == figure.sub("N", README)


def test_the_tables_of_other_tools_are_those_that_were_measured():
    page = capabilities.TABLE.read_text(encoding="utf-8")
    assert capabilities.with_tables(README, page) == README
    assert README.count("<!-- end of ") == 3


def test_the_picture_is_what_is_printed():
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.draw()
    assert "http" not in picture.PICTURE.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")


def test_every_command_is_told_of():
    assert [name for name in COMMANDS if f"concurlint {name}" not in README] == []
