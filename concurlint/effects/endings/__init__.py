"""What ends, or is waited for, too early, too late or never: children, queues, resources, threads at exit."""
