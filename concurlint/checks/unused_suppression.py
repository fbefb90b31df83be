"""A comment that silences nothing; asked where comments are applied, not of the Program."""

from concurlint.effects.program import Program
from concurlint.finding import Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL002", "unused-suppression", Level.WARNING)
