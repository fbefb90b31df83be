"""Which calls block the thread they run on."""
