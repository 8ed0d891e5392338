"""What every response passes through: headers, CSRF, hosts and proxies, templates, the response cache."""
