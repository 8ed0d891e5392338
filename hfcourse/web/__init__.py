"""Middleware of every response: headers, CSRF, hosts and proxies, templates, the response cache."""
