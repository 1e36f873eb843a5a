"""IP addresses: which are on the public network, as a peer's URL must not make us knock inside (S-001, S-002); and which
are one customer's.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Written out rather than left to `is_global`: what that counts as global changed between Python releases.
_SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# All unicast addresses given out so far are in 2000::/3. That alone leaves out ::, ::1, fc00::/7, fe80::/10,
# ff00::/8 and the tunnel 64:ff9b::/96.
_UNICAST_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo tunnels (2001::/32) and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 tunnels: each may carry a private IPv4 address
        "3fff::/20",
    )
)


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether `address` may be dialled: a unicast address on the public network.

    Tunnels are refused whatever they carry. A text that is no address, or one with a zone, is not public.
    """
    try:
        ip = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return (
                ip.scope_id is None
                and ip in _UNICAST_IPV6
                and not any(ip in network for network in _SPECIAL_IPV6)
            )
        ip = ip.ipv4_mapped
    return not any(ip in network for network in _SPECIAL_IPV4)


def is_loopback(address: str) -> bool:
    """Whether `address` is the own machine: 127.0.0.0/8 or ::1."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def customer_of(address: str) -> str:
    """What limits count an address as: of IPv6 the /64 that one customer gets, so that they are one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return str(ip)
