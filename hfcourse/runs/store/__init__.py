"""Runs in the database: tables, events, heartbeats, statistics, notifications."""
