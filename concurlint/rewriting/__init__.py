"""Files changed in the text their authors wrote: trees with places, and what takes the place of what."""
