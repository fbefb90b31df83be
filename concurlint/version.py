"""The version of concurlint: below all that names it, so that nothing has to import the package as a whole."""

__version__ = "0.1.0"
