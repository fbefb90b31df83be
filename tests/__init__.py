"""The tests of concurlint."""
