"""Decisions without a machine: values in, now among them; transitions and instructions out."""
