"""A file that cannot be read or parsed; asked where files are parsed, not of the Program."""

from concurlint.effects.program import Program
from concurlint.finding import Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL001", "unreadable-file", Level.ERROR)
