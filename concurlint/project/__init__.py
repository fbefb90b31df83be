"""Modules joined: what a name in one file stands for in another, and who calls whom."""
