"""What runs while modules load, and how processes start."""
