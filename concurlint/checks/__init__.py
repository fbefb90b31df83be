"""One module per rule: a question put to the whole Program."""
