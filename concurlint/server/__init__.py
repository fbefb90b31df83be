"""The language server: findings in an editor while the code is written."""
