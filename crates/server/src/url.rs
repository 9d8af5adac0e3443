//! The address of a peer or of a client interface, as people write it: `http://127.0.0.1:12379`.

use std::fmt;
use std::net::IpAddr;

/// The longest name that the domain name system knows.
const HOST_BYTES_MAX: usize = 253;

/// Scheme, host and port; nothing else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Url {
    /// Whether it is `https`.
    pub(crate) tls: bool,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    /// The port, never 0.
    pub(crate) port: u16,
}

impl Url {
    /// Reads what [`Url`]'s `Display` writes; a trailing `/` is allowed.
    ///
    /// # Errors
    ///
    /// What was expected, in a sentence.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        let wrong = |what: &str| format!("\"{text}\": {what}; expected http://HOST:PORT");
        let (tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(wrong("no http:// or https:// in front")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = authority.rsplit_once(':').ok_or_else(|| wrong("no port"))?;
        let port: u16 = port.parse().map_err(|_| wrong("the port is no number up to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) if inner.parse::<std::net::Ipv6Addr>().is_ok() => inner,
            Some(_) => return Err(wrong("no IPv6 address in brackets")),
            None => host,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_host = host.parse::<IpAddr>().is_ok() || host.chars().all(is_name);
        if port == 0 || !(1..=HOST_BYTES_MAX).contains(&host.len()) || !is_host {
            return Err(wrong("no host and port"));
        }
        Ok(Url { tls, host: host.to_owned(), port })
    }

    /// Whether it can be reached from this machine only, as far as its text says.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// For `connect` and `bind`.
    pub(crate) fn socket(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were_written() {
        for text in ["http://127.0.0.1:12379", "https://node-1.example:1", "http://[::1]:80"] {
            assert_eq!(Url::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Url::parse("http://a:1/").unwrap().to_string(), "http://a:1");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let bad = [
            "",
            "127.0.0.1:1",
            "ftp://a:1",
            "http://a",
            "http://a:0",
            "http://a:70000",
            "http://:1",
            "http://a:1/path",
            "http://[a]:1",
            "http://a b:1",
        ];
        for text in bad {
            let error = Url::parse(text).unwrap_err();
            assert!(error.contains("expected http://HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn loopback_is_known() {
        for text in
            ["http://127.0.0.1:1", "http://127.8.8.8:1", "http://localhost:1", "http://[::1]:1"]
        {
            assert!(Url::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["http://0.0.0.0:1", "http://10.0.0.1:1", "http://example.org:1"] {
            assert!(!Url::parse(text).unwrap().is_loopback(), "{text}");
        }
    }
}
