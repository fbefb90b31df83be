"""What calls do to the threads, tasks and processes around them, and the Program that checks ask."""
