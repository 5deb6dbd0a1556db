//! Where the page is found: an address that another device can open, in letters and as a QR code.

use std::io::{self, IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses for documentation, which nobody has. The way there is the way out of this machine.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
];

/// The address by which others reach a server at `address`. One that listens at all addresses of its machine has no
/// name to open, so it goes by the machine's own, or by loopback where the machine has no other.
pub(crate) fn for_others(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    // A server of IPv6 is reached by IPv4 too.
    let ways = ELSEWHERE.into_iter();
    let own = ways
        .filter(|way| address.is_ipv6() || way.is_ipv4())
        .find_map(own_address);
    own.map_or(on_this_machine(address), |own| {
        SocketAddr::new(own, address.port())
    })
}

/// The address by which this machine reaches it. Browsers lend their camera to a page from there.
pub(crate) fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The address from which this machine would send something to `way`. Connecting a socket of UDP sends nothing: the
/// system only looks the way up.
fn own_address(way: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match way {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((way, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}

/// Prints an address on stdout and, for a person at a terminal who has a phone at hand, its QR code.
///
/// # Errors
/// A stdout that takes nothing more.
pub(crate) fn print(address: SocketAddr, url: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{url}")?;
    let is_seen = out.is_terminal() && io::stderr().is_terminal();
    if is_seen
        && !address.ip().is_loopback()
        && let Ok(code) = fast_qr::QRBuilder::new(url).build()
    {
        writeln!(out, "{}", code.to_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_at_all_addresses_goes_by_another() {
        let named = [
            "127.0.0.1:80",
            "192.0.2.7:8080",
            "[::1]:1",
            "[2001:db8::2]:3",
        ];
        for address in named.map(|address| address.parse().unwrap()) {
            assert_eq!(for_others(address), address);
            assert_eq!(on_this_machine(address), address);
        }
        for all in ["0.0.0.0:8080", "[::]:8080"].map(|all| all.parse().unwrap()) {
            let found: SocketAddr = for_others(all);
            assert!(
                !found.ip().is_unspecified() && found.port() == 8080,
                "{found}"
            );
            assert!(on_this_machine(all).ip().is_loopback());
        }
    }
}
