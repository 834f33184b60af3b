//! What a resource is called: the attributes that stay the same while others change or become known.

use std::borrow::Cow;

/// The first group of which the source gives every attribute names the resource.
const IDENTITIES: [&[&str]; 13] = [
    &["cloud.resource_id"],
    &["k8s.pod.uid"],
    &["k8s.cluster.name", "k8s.namespace.name", "k8s.object.kind", "k8s.object.name"],
    &["k8s.namespace.name", "k8s.object.kind", "k8s.object.name"],
    &["k8s.namespace.name", "k8s.pod.name"],
    &["service.namespace", "service.name", "service.instance.id"],
    &["service.name", "service.instance.id"],
    &["service.name"],
    &["host.id"],
    &["host.name"],
    &["vcs.repository.url.full"],
    &["vcs.repository.name"],
    &["cloud.account.id", "cloud.region", "cloud.service"],
];

/// The native name of a resource with these attributes; that of the feed where it has none.
#[must_use]
pub fn native_name(attributes: &[(Cow<'_, str>, Cow<'_, str>)], source: &str) -> String {
    let value = |name: &&str| {
        let found = attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_ref())
    };
    let named = |group: &&[&str]| group.iter().map(value).collect::<Option<Vec<_>>>();
    if let Some(parts) = IDENTITIES.iter().find_map(named) {
        return parts.join("/");
    }
    let mut all: Vec<_> = attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    all.sort_unstable();
    if all.is_empty() { source.to_owned() } else { all.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_name_is_taken_and_order_does_not_matter() {
        let named = |given: &[(&'static str, &'static str)]| {
            let of = given.iter().map(|(key, value)| (Cow::Borrowed(*key), Cow::Borrowed(*value)));
            native_name(&of.collect::<Vec<_>>(), "feed")
        };
        assert_eq!(named(&[("service.name", "cart"), ("host.name", "h1")]), "cart");
        assert_eq!(named(&[("host.name", "h1"), ("cloud.resource_id", "arn:x")]), "arn:x");
        assert_eq!(named(&[("b", "2"), ("a", "1")]), named(&[("a", "1"), ("b", "2")]));
        assert_eq!(named(&[]), "feed");
    }
}
