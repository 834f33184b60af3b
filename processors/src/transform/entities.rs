//! Names of things that stand in texts and are known by their form.
//!
//! **Invariant:** everything found is a piece of the text, of its type by its whole form, named once,
//! and there are at most [`ENTITIES_MAX`].

use std::net::IpAddr;

use naming::shape::{is_commit, is_number, is_ticket};

/// So many are found; the text behind the last is not read.
pub(super) const ENTITIES_MAX: usize = 50;

/// Longer names are not kept.
const NAME_BYTES_MAX: usize = 512;

/// Hosts end like this. Without such a list, `main.rs` and `a.b` would be hosts.
const HOST_ENDINGS: [&str; 24] = [
    "app", "at", "be", "ch", "cloud", "co", "com", "de", "dev", "edu", "es", "eu", "fr", "gov",
    "info", "internal", "io", "it", "lan", "local", "net", "nl", "org", "uk",
];

/// What addresses begin with.
const SCHEMES: [&str; 7] = ["https", "http", "ftp", "s3", "gs", "ssh", "git"];

/// Something a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entity<'a> {
    pub(super) sort: &'static str,
    pub(super) name: &'a str,
}

/// What a text names, in its order.
pub(super) fn found_in(text: &str) -> Vec<Entity<'_>> {
    let mut found = Vec::new();
    let pieces = text.split(|letter: char| letter.is_whitespace() || "<>\"'`".contains(letter));
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let (before, address) = address_in(piece);
        let tokens = before.split(|letter: char| ",;()[]{}|=".contains(letter));
        for entity in tokens.filter_map(of_token).chain(address) {
            if entity.name.len() <= NAME_BYTES_MAX && !found.contains(&entity) {
                found.push(entity);
            }
        }
        if found.len() >= ENTITIES_MAX {
            found.truncate(ENTITIES_MAX);
            break;
        }
    }
    found
}

/// An address is cut out first, as it may hold what divides other words.
fn address_in(piece: &str) -> (&str, Option<Entity<'_>>) {
    let Some((before, address)) = start_of_address(piece).and_then(|at| piece.split_at_checked(at))
    else {
        return (piece, None);
    };
    let end = address.find([')', ']', '}', '|', ';']).unwrap_or(address.len());
    let name = trimmed(address.get(..end).unwrap_or_default());
    let has_host = name.split_once("://").is_some_and(|(_, host)| !host.is_empty());
    (before, has_host.then_some(Entity { sort: "url", name }))
}

fn start_of_address(piece: &str) -> Option<usize> {
    let colon = piece.find("://")?;
    let before = piece.get(..colon)?;
    let scheme = SCHEMES.iter().find(|scheme| before.ends_with(**scheme))?;
    colon.checked_sub(scheme.len())
}

fn trimmed(name: &str) -> &str {
    name.trim_end_matches(['.', ',', ':', '!', '?', '*', '_'])
}

fn of_token(token: &str) -> Option<Entity<'_>> {
    let name = trimmed(token).trim_start_matches(['#', '*', '@', '~']);
    // Nothing below is shorter, and everything holds a digit or a sign.
    if name.len() < 3 || name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let sorted = |sort, name| Some(Entity { sort, name });
    match name {
        _ if is_arn(name) => sorted("arn", name),
        _ if is_email(name) => sorted("email", name),
        _ if is_vulnerability(name) => sorted("cve", name),
        _ if is_ticket(name) => sorted("ticket", name),
        _ if is_commit(name) => sorted("commit", name),
        _ => address(name).map(|name| Entity { sort: "ip", name }).or_else(|| {
            let host = without_port(name);
            is_host(host).then_some(Entity { sort: "host", name: host })
        }),
    }
}

/// `arn:aws:iam::111122223333:role/deploy`.
fn is_arn(name: &str) -> bool {
    name.starts_with("arn:") && name.bytes().filter(|byte| *byte == b':').count() >= 5
}

fn is_email(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    name.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && local.bytes().all(is_of_name) && has_labels(host)
    })
}

/// `CVE-2024-3094`.
fn is_vulnerability(name: &str) -> bool {
    let number = name.strip_prefix("CVE-").or_else(|| name.strip_prefix("cve-"));
    number.and_then(|number| number.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4 && is_number(year) && (4..=7).contains(&number.len()) && is_number(number)
    })
}

/// The address in `10.0.0.1`, `10.0.0.1:443`, `10.0.0.0/8` and `2001:db8::1`.
fn address(name: &str) -> Option<&str> {
    let name = name.split_once('/').map_or(name, |(address, _)| address);
    let is_address = |name: &str| name.len() > 2 && name.parse::<IpAddr>().is_ok();
    [name, without_port(name)].into_iter().find(|name| is_address(name))
}

fn without_port(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && is_number(port) => host,
        _ => name,
    }
}

fn is_host(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    HOST_ENDINGS.binary_search(&ending).is_ok() && has_labels(name)
}

fn has_labels(name: &str) -> bool {
    let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_of_label);
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn shown(text: &str) -> String {
        let found = found_in(text);
        found
            .iter()
            .map(|entity| format!("{} {}", entity.sort, entity.name))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn entities_are_known_by_their_form() {
        assert!(HOST_ENDINGS.is_sorted());
        let texts = [
            "See https://example.com/a?b=c,d#e. And [docs](http://docs.example.com/x), <s3://bucket/key>!",
            "ana@example.com, <bo.b+x@mail.example.org>; @cy, a@b, https://, x://y",
            "10.0.0.1 10.0.0.2:443 10.1.0.0/16 2001:db8::1 [::1] 12:30:45 1.2.3 300.1.1.1",
            "SHOP-17, (AB1-2) UTF-8 SHA-256 A-1 shop-1 SHOP-x SHOP-12345678",
            "fixed in 3f2a91c and 0123456789abcdef0123456789abcdef01234567; defaced 1234567 cafe1",
            "CVE-2024-3094 cve-2021-44228 CVE-24-1",
            "arn:aws:iam::111122223333:role/deploy arn:too:short",
            "db1.example.com:5432 host=cart.svc.cluster.local main.rs e.g. a..com com .com v1.io",
            "SHOP-17 SHOP-17 nothing else here",
        ];
        expect![[r#"
            See https://example.com/a?b=c,d#e. And [docs](http://docs.example.com/x), <s3://bucket/key>!
              url https://example.com/a?b=c,d#e, url http://docs.example.com/x, url s3://bucket/key
            ana@example.com, <bo.b+x@mail.example.org>; @cy, a@b, https://, x://y
              email ana@example.com, email bo.b+x@mail.example.org
            10.0.0.1 10.0.0.2:443 10.1.0.0/16 2001:db8::1 [::1] 12:30:45 1.2.3 300.1.1.1
              ip 10.0.0.1, ip 10.0.0.2, ip 10.1.0.0, ip 2001:db8::1, ip ::1
            SHOP-17, (AB1-2) UTF-8 SHA-256 A-1 shop-1 SHOP-x SHOP-12345678
              ticket SHOP-17, ticket AB1-2
            fixed in 3f2a91c and 0123456789abcdef0123456789abcdef01234567; defaced 1234567 cafe1
              commit 3f2a91c, commit 0123456789abcdef0123456789abcdef01234567
            CVE-2024-3094 cve-2021-44228 CVE-24-1
              cve CVE-2024-3094, cve cve-2021-44228
            arn:aws:iam::111122223333:role/deploy arn:too:short
              arn arn:aws:iam::111122223333:role/deploy
            db1.example.com:5432 host=cart.svc.cluster.local main.rs e.g. a..com com .com v1.io
              host db1.example.com, host cart.svc.cluster.local, host v1.io
            SHOP-17 SHOP-17 nothing else here
              ticket SHOP-17"#]].assert_eq(&texts.map(|text| format!("{text}\n  {}", shown(text))).join("\n"));
    }

    #[test]
    fn there_is_an_end() {
        let text: String = (0..1_000).map(|number| format!("SHOP-{number} ")).collect();
        assert_eq!(found_in(&text).len(), ENTITIES_MAX);
        assert_eq!(found_in(&format!("https://example.com/{}", "a".repeat(600))), []);
    }
}
