"""A profile and its verdicts → what people read and other programs open."""
