"""The laws of the house: one name everywhere, pages in order, imports that go down."""

import ast
import contextlib
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from concurlint import rulebook
from concurlint.registry import CATALOGUE, RULES, VERDICTS
from tests.conftest import LintFolder, said
from tests.pages import (
    EXAMPLE_HEADINGS,
    HEADINGS,
    ROOT,
    Example,
    PageError,
    RulePage,
    case_files,
    named_workloads,
    read_cases,
    read_page,
    rule_pages,
    verdict_pages,
)

PACKAGE = ROOT / "concurlint"
MODULES = sorted(PACKAGE.rglob("*.py"))
CHECKS = sorted(path for path in (PACKAGE / "checks").glob("*.py") if path.stem != "__init__")

FEWEST_EXAMPLES = 8
LONGEST_PAGE = 150
MOST_SHOWN = 3
FEWEST_GOOD_RUNS = 4
LONGEST_MODULE = 350
# Longer modules, each with the reason why cutting it would make it worse.
LONGER_MODULES: dict[str, str] = {}
FOGGY_NAMES = {"util", "utils", "helper", "helpers", "common", "base", "core", "manager", "misc"}


def pages() -> list[RulePage]:
    """Every page that can be read, in code order; `test_rules` fails for the others."""
    found = []
    for path in rule_pages():
        with contextlib.suppress(PageError):
            found.append(read_page(path))
    return found


def page_id(page: RulePage) -> str:
    """How a test report calls a page."""
    return page.code


def module_id(path: Path) -> str:
    """How a test report calls a module of the package."""
    return path.relative_to(PACKAGE).as_posix()


# One rule, one name


def test_each_rule_has_one_page_and_one_check_of_the_same_stem():
    stems = [f"{rule.code}-{rule.name}" for rule in RULES]
    assert [path.stem for path in rule_pages()] == stems
    assert sorted(path.stem for path in CHECKS) == sorted(rule.name.replace("-", "_") for rule in RULES)


def test_each_rule_is_the_one_its_module_makes():
    for rule in RULES:
        module = __import__(f"concurlint.checks.{rule.name.replace('-', '_')}", fromlist=["rule"])
        assert module.rule is rule


def test_each_verdict_has_one_page_and_one_module_of_the_same_stem():
    assert [path.stem for path in verdict_pages()] == [f"{rule.code}-{rule.name}" for rule in VERDICTS]
    for rule in VERDICTS:
        module = __import__(f"concurlint.verdicts.{rule.name.replace('-', '_')}", fromlist=["rule"])
        assert module.rule is rule


def test_rules_stand_in_code_order_and_no_name_is_used_twice():
    codes = [rule.code for rule in CATALOGUE]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in CATALOGUE}) == len(CATALOGUE)


def test_codes_and_names_are_spelt_as_the_house_spells_them():
    for rule in CATALOGUE:
        assert re.fullmatch(r"CCL\d{3}", rule.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)


def test_a_page_says_what_its_rule_says_of_itself():
    assert [(page.code, page.name, page.level) for page in pages()] == [
        (rule.code, rule.name, rule.level.value) for rule in RULES
    ]


def test_a_verdicts_page_says_what_its_rule_says_of_itself():
    found = [read_page(path) for path in verdict_pages()]
    assert [(page.code, page.name, page.level) for page in found] == [
        (rule.code, rule.name, rule.level.value) for rule in VERDICTS
    ]


# Pages


@pytest.mark.parametrize("path", verdict_pages(), ids=lambda path: path.stem[:6])
def test_a_verdicts_page_has_the_fixed_headings_and_names_measured_workloads(path: Path):
    page = read_page(path)
    assert page.headings == tuple(heading for heading in HEADINGS if heading != "Silence")
    assert re.fullmatch(r"[A-Z`].*[^.]\.", page.summary)
    assert page.examples == ()
    assert named_workloads(path, "Flagged")
    assert len(named_workloads(path, "Good")) >= FEWEST_GOOD_RUNS


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_headings_on_the_page_of_a_rule_stand_in_the_fixed_order(page: RulePage):
    assert page.headings == HEADINGS
    told = rulebook.parse_page(page.path.stem, page.path.read_text(encoding="utf-8"))
    assert told.fixable is {rule.code: rule.fixable for rule in RULES}[page.code]


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_the_page_of_a_rule_is_a_document_and_further_examples_are_cases(page: RulePage):
    # Too long? Its examples belong into rules/cases.
    shown = Counter(example.heading for example in page.examples if example.path == page.path)
    assert set(shown) == {"Flagged", "Good"}
    assert max(shown.values()) <= MOST_SHOWN
    assert len(page.path.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_cases_belong_to_a_rule_and_stand_below_the_headings_of_examples(path: Path):
    cases = read_cases(path)
    assert path.stem == cases.code
    assert (cases.code, cases.name) in {(rule.code, rule.name) for rule in RULES}
    assert cases.headings == tuple(heading for heading in EXAMPLE_HEADINGS if heading in cases.headings)
    assert {example.heading for example in cases.examples} == set(cases.headings)


@pytest.mark.parametrize("heading", ["Missed alarms", "False alarms"])
@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_the_page_of_a_rule_names_each_wrong_answer_that_its_cases_hold(page: RulePage, heading: str):
    named = re.findall(r"^- \*\*(.+?)\*\*", page.sections[heading], re.MULTILINE)
    assert sorted(named) == sorted(example.title for example in page.under(heading))
    assert page.sections[heading] == "None known." or re.search("^- ", page.sections[heading], re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_the_summary_of_a_rule_is_one_sentence_with_its_full_stop(page: RulePage):
    assert re.fullmatch(r"[A-Z`].*[^.]\.", page.summary)


@pytest.mark.parametrize("heading", ["Flagged", "Good"])
@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_a_rule_is_tried_in_the_ordinary_spellings_and_on_two_modules(page: RulePage, heading: str):
    examples = page.under(heading)
    assert len(examples) >= FEWEST_EXAMPLES
    assert any(len(example.files) >= 2 for example in examples)


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_no_two_examples_of_a_rule_are_the_same(page: RulePage):
    titles = Counter((example.heading, example.title) for example in page.examples)
    texts = Counter(example.content for example in page.examples)
    assert [title for title, count in titles.items() if count > 1] == []
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_each_example_of_a_rule_stands_below_the_heading_that_fits_it(page: RulePage):
    assert [example.name for example in page.examples if not is_at_home(example)] == []


def is_at_home(example: Example) -> bool:
    """Whether the markers of `example` are those its heading is for."""
    flagged = any(promise.code == example.code for promise in example.markers.promised)
    missed = bool(example.markers.missed)
    return (flagged, missed) in {
        "Flagged": {(True, False)},
        "Good": {(False, False)},
        "Missed alarms": {(False, True), (True, True)},
        "False alarms": {(True, False)},
    }[example.heading]


# Code


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_module_opens_with_one_line_that_says_what_it_is_for(path: Path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")), clean=False)
    assert text
    assert "\n" not in text
    assert text.endswith(".")


def test_modules_are_of_a_size_to_read_at_one_go():
    sizes = {module_id(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name for name, size in sizes.items() if size > LONGEST_MODULE} == set(LONGER_MODULES)


def test_no_module_is_named_after_nothing():
    parts = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert parts & FOGGY_NAMES == set()


def test_each_layer_of_the_contract_is_there():
    # In parentheses a layer may be missing, and its rule with it.
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [layer for contract in contracts["contracts"] for layer in contract.get("layers", [])]
    assert layers
    assert [layer for layer in layers if "(" in layer] == []


def test_imports_only_go_down():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_concurlint_is_clean_on_itself(lint_folder: LintFolder):
    result = lint_folder(PACKAGE)
    assert said(result.findings) == []
    assert result.troubles == ()
    assert result.files == len(MODULES)
