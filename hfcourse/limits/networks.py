"""Network of a client, the key of limits that must survive a dropped cookie. Pure."""

import ipaddress

IPV6_PREFIX_BITS = 64  # one customer has at least a /64 (RFC 6177), and may take any address in it


def get_client_network(address: str) -> str:
    """Return the network from which one client may choose addresses.

    That is the /64 of an IPv6 address, and the IPv4 address inside an IPv4-mapped one. A value that is no address
    (a Unix socket's) is returned unchanged.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, IPV6_PREFIX_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
