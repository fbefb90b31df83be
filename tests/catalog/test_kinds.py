"""The table of kinds: each trait is documented, and its kinds are those of some class."""

import re
from pathlib import Path
from typing import get_args

import concurlint.catalog
from concurlint.catalog.kinds import KindTrait, kinds_with
from concurlint.catalog.tables import of_package, packages, table

README = (Path(concurlint.catalog.__file__).parent / "README.md").read_text("utf-8")


def test_each_trait_is_documented_and_has_kinds() -> None:
    documented = set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE))
    assert sorted(table("kinds")["kinds"]) == sorted(get_args(KindTrait))
    assert set(get_args(KindTrait)) <= documented


def test_a_kind_with_a_trait_is_that_of_some_class() -> None:
    classes = (
        line for package in packages("roles") for line in of_package("roles", package).get("classes", {}).values()
    )
    known = {line["kind"] for line in classes if "kind" in line}
    assert {kind for trait in get_args(KindTrait) for kind in kinds_with(trait)} <= known
