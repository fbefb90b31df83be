"""Findings → what people and machines read; nothing here prints."""
