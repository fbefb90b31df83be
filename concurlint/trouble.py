"""What went wrong in a way that the user can mend."""


class UserError(Exception):
    """Something the user can mend; the text is one line: where, what, and what to do."""
