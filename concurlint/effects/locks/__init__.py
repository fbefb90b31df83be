"""How locks are used: order, release, waits and awaits under them, forks."""
