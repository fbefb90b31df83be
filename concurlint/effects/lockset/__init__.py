"""Which locks are held where: must and may, on the control-flow graph, through calls, decorators and callers."""
