"""The network of a client: what is counted where its cookie cannot be, since a cookie can be dropped. Pure."""

import ipaddress

IPV6_PREFIX_BITS = 64  # one customer has at least a /64 (RFC 6177), and may take any address in it


def get_client_network(address: str) -> str:
    """The network that one client may take addresses from; what is no address (a Unix socket's) stays as it is.

    Of an IPv6 address it is the /64, of an IPv4 address inside IPv6 the IPv4 address.
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
