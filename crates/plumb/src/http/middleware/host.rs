//! Whom a request is addressed to. A page of any site can make its own name point to this machine (DNS rebinding); the
//! browser then takes this server for that site and lets the page read every answer. Such requests carry the site's name
//! as their `Host`, which nothing but the browser writes. So where callers need no credentials, the host has to be this
//! machine's own or one that was configured.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Version};

use crate::http::error::Error;

/// Headers that decide who may do what. A second one would be read by nobody here, and perhaps by a proxy in front.
const SINGLE: [HeaderName; 4] = [HOST, ORIGIN, AUTHORIZATION, HeaderName::from_static("sec-fetch-site")];

/// Which hosts a request may be addressed to.
#[derive(Debug)]
pub(in crate::http) struct HostRule {
    /// `None`: any, as callers have to prove who they are.
    allowed: Option<Vec<String>>,
}

impl HostRule {
    /// Makes the rule. `open` says that callers need no credentials; `names` are allowed besides this machine's own.
    pub(in crate::http) fn new(open: bool, names: &[String]) -> HostRule {
        let bare = |name: &String| without_dot(name).to_ascii_lowercase();
        HostRule { allowed: open.then(|| names.iter().map(bare).collect()) }
    }

    /// Checks whom a request is addressed to.
    pub(super) fn check(&self, request: &Request) -> Result<(), Error> {
        check_single(request.headers())?;
        let header = request.headers().get(HOST).map(|value| value.to_str().map_err(|_| unreadable())).transpose()?;
        // `GET http://name/path`, as callers of proxies write it: the name there is what counts.
        let target = request.uri().authority().map(|authority| authority.as_str());
        if let (Some(target), Some(header)) = (target, header)
            && !target.eq_ignore_ascii_case(header)
        {
            return Err(Error::header(&HOST, "names another host than the request's target"));
        }
        match (target.or(header), &self.allowed) {
            (Some(host), Some(names)) => allowed(host, names),
            (Some(_), None) => Ok(()),
            // Load balancers ask in HTTP/1.0 and without a host.
            (None, None) if request.version() == Version::HTTP_10 => Ok(()),
            (None, _) => Err(Error::header(&HOST, "is missing")),
        }
    }
}

fn check_single(headers: &HeaderMap) -> Result<(), Error> {
    match SINGLE.into_iter().find(|name| headers.get_all(name).iter().nth(1).is_some()) {
        Some(name) => Err(Error::header(&name, "is there twice: send it once")),
        None => Ok(()),
    }
}

fn allowed(host: &str, names: &[String]) -> Result<(), Error> {
    let name = name_of(host).ok_or_else(unreadable)?;
    let bare = without_dot(name);
    let ours = bare.eq_ignore_ascii_case("localhost")
        || address(bare).is_some_and(|address| address.to_canonical().is_loopback())
        || names.iter().any(|known| known.eq_ignore_ascii_case(bare));
    if ours { Ok(()) } else { Err(Error::wrong_host(name)) }
}

/// Returns the name in `name:port`, `name` or `[address]:port`; `None` if it is none of these.
fn name_of(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at_checked(end)?;
    let port_is_right = port.is_empty() || port.strip_prefix(':')?.bytes().all(|byte| byte.is_ascii_digit());
    (port_is_right && !name.is_empty()).then_some(name)
}

fn address(name: &str) -> Option<IpAddr> {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse().ok().map(IpAddr::V6),
        None => name.parse().ok().map(IpAddr::V4),
    }
}

/// A name may end in a dot, which says that it is whole.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn unreadable() -> Error {
    Error::header(&HOST, "is no name and port")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// Returns the status with which a request is refused, by a server that asks for no credentials.
    fn refused(version: Version, target: &str, hosts: &[&str]) -> Option<u16> {
        status(&HostRule::new(true, &["Leads.example".into()]), version, target, hosts)
    }

    fn status(rule: &HostRule, version: Version, target: &str, hosts: &[&str]) -> Option<u16> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let request = request.body(Body::empty()).expect("a request");
        rule.check(&request).err().map(|error| error.status.as_u16())
    }

    #[test]
    fn only_this_machine_and_configured_names_are_asked_without_credentials() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.:1",
            "127.0.0.1",
            "127.9.9.9:80",
            "[::1]:8080",
            "[::1]",
            "[::ffff:127.0.0.1]:1",
            "leads.example",
            "LEADS.example.:443",
        ] {
            assert_eq!(refused(Version::HTTP_11, "/", &[host]), None, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "0.0.0.0:8080",
            "127.1",
            "0x7f000001",
            "2130706433",
            "[::2]",
            "[::]",
            "sub.leads.example",
            "leads.example..",
        ] {
            assert_eq!(refused(Version::HTTP_11, "/", &[host]), Some(421), "{host}");
        }
        for host in ["", ":80", "localhost:80:80", "localhost:8o", "evil.example@localhost:x", "[::1", "[::1]x"] {
            assert_eq!(refused(Version::HTTP_11, "/", &[host]), Some(400), "{host}");
        }
        assert_eq!(refused(Version::HTTP_11, "/", &["evil.example@localhost"]), Some(421));
    }

    #[test]
    fn the_target_counts_and_there_is_one_host() {
        assert_eq!(refused(Version::HTTP_11, "http://localhost/", &["localhost"]), None);
        assert_eq!(refused(Version::HTTP_11, "http://evil.example/", &[]), Some(421));
        assert_eq!(refused(Version::HTTP_11, "http://evil.example/", &["localhost"]), Some(400));
        assert_eq!(refused(Version::HTTP_11, "http://localhost/", &["evil.example"]), Some(400));
        assert_eq!(refused(Version::HTTP_11, "/", &["localhost", "localhost"]), Some(400));
        assert_eq!(refused(Version::HTTP_11, "/", &[]), Some(400));
        assert_eq!(refused(Version::HTTP_10, "/", &[]), Some(400));
    }

    #[test]
    fn a_server_that_asks_for_credentials_may_have_any_name() {
        let closed = HostRule::new(false, &[]);
        assert_eq!(status(&closed, Version::HTTP_11, "/", &["leads.example"]), None);
        assert_eq!(status(&closed, Version::HTTP_10, "/", &[]), None);
        assert_eq!(status(&closed, Version::HTTP_11, "/", &[]), Some(400));
        assert_eq!(status(&closed, Version::HTTP_11, "/", &["a", "a"]), Some(400));
        assert_eq!(status(&closed, Version::HTTP_11, "http://a/", &["b"]), Some(400));
    }

    #[test]
    fn headers_that_decide_are_single() {
        let rule = HostRule::new(true, &[]);
        for name in ["origin", "authorization", "sec-fetch-site"] {
            let request = Request::builder().header(HOST, "localhost").header(name, "a").header(name, "a");
            let error = rule.check(&request.body(Body::empty()).expect("a request")).expect_err("there are two");
            assert_eq!((error.status.as_u16(), error.field.as_deref()), (400, Some(name)));
        }
    }
}
