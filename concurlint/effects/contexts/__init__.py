"""Who runs what where: threads, tasks, processes, imports."""
