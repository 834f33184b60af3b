//! Services by the names that sources have in common: `checkout-api`, whether it is an attribute, a
//! deployment, a pod, a repository, a label or a word that somebody wrote.
//!
//! **Invariant:** a word of a text is only looked up. Whether it is a service is for fields to say: so no
//! ordinary word ever becomes a thing that two records have in common.

use schemas::envelope::Extra;
use serde_json::Value;

use crate::shape::words;

/// Attributes and labels that name a service.
const LABELS: [&str; 31] = [
    "service.name",
    "service",
    "service_name",
    "app",
    "application",
    "app.kubernetes.io/name",
    "app_kubernetes_io_name",
    "k8s_app",
    "job",
    "component",
    "service.component",
    "container",
    "k8s.container.name",
    "deployment",
    "kube_deployment",
    "kube_service",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.replicaset.name",
    "statefulset",
    "daemonset",
    "vcs.repository.name",
    "repository",
    "faas.name",
    "functionname",
    "dbinstanceidentifier",
    "peer.service",
    "destination_service",
    "destination_workload",
    "servicenow.ci.name",
];
/// Those that name one of its pods.
const PODS: [&str; 4] = ["k8s.pod.name", "pod", "pod_name", "exported_pod"];
/// What stands before or behind a name and tells only where it runs.
const ENVIRONMENTS: [&str; 2] = ["prod", "production"];
const NAME_BYTES: std::ops::RangeInclusive<usize> = 2..=63;
/// Shorter words of a text are no names.
const WORD_BYTES_MIN: usize = 5;
/// So many words of one text are looked up.
const WORDS_MAX: usize = 8;

/// The services that attributes or labels name.
pub fn of_labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let named = |(label, value): (&str, &str)| {
        let label = label.to_ascii_lowercase();
        if PODS.contains(&label.as_str()) {
            return normal(without_pod(value));
        }
        LABELS.contains(&label.as_str()).then(|| normal(value))?
    };
    labels.filter_map(named).collect()
}

/// Labels beside an event's own fields: of an object, or `name:value` in a list or in a text.
pub(crate) fn of_extra(extra: &Extra) -> Vec<String> {
    let split = |text: &'_ str| text.split(',').map(str::to_owned).collect();
    let pairs: Vec<String> = match extra.get("labels") {
        Some(Value::Object(labels)) => {
            let texts = labels.iter().filter_map(|(name, value)| Some((&**name, value.as_str()?)));
            return of_labels(texts);
        }
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).flat_map(split).collect(),
        Some(Value::String(tags)) => split(tags),
        _ => Vec::new(),
    };
    of_labels(pairs.iter().filter_map(|pair| pair.trim().split_once(':')))
}

/// What a field calls a service, as all call it.
pub(crate) fn normal(value: &str) -> Option<String> {
    let last = value.trim().rsplit('/').next()?;
    let host = last.split_once(".svc").and_then(|(host, _)| host.split('.').next());
    let lower = host.unwrap_or(last).to_ascii_lowercase().replace(['_', ' '], "-");
    let name = without_environment(&lower);
    let fits = NAME_BYTES.contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && name.bytes().any(|byte| byte.is_ascii_alphabetic());
    fits.then(|| name.to_owned())
}

fn without_environment(name: &str) -> &str {
    let inner = |environment: &&str| {
        let behind = || name.strip_suffix(environment)?.strip_suffix('-');
        name.strip_prefix(*environment).and_then(|rest| rest.strip_prefix('-')).or_else(behind)
    };
    ENVIRONMENTS.iter().find_map(inner).unwrap_or(name)
}

/// `checkout-api` of `checkout-api-6d5f9c7b8-x2x4z`, `orders-db` of `orders-db-0`.
fn without_pod(name: &str) -> &str {
    let Some((owner, last)) = name.rsplit_once('-') else { return name };
    if last.len() <= 3 && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return owner;
    }
    if last.len() != 5 || !is_drawn(last) {
        return name;
    }
    match owner.rsplit_once('-') {
        Some((deployment, set)) if (6..=10).contains(&set.len()) && is_drawn(set) => deployment,
        _ => owner,
    }
}

/// Letters and digits that mean nothing: with a digit, or without a vowel.
fn is_drawn(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && (text.bytes().any(|byte| byte.is_ascii_digit())
            || !text.bytes().any(|byte| b"aeiou".contains(&byte)))
}

/// Words of a text that look like names, and their beginnings: `checkout-api-5xx` may be about
/// `checkout-api`.
pub(crate) fn of_text(text: &str) -> Vec<String> {
    let names = words(text).filter(|word| !word.contains("://")).filter_map(looked_up);
    names.take(WORDS_MAX).flat_map(|name| beginnings(&name)).collect()
}

fn looked_up(word: &str) -> Option<String> {
    let name = normal(word).map(|name| without_pod(&name).to_owned())?;
    let is_name = name.len() >= WORD_BYTES_MIN
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .trim_matches(|of: char| !of.is_ascii_alphabetic())
            .contains(|of: char| of == '-' || of.is_ascii_digit());
    is_name.then_some(name)
}

/// A name, and what is left without its last parts, two at least.
fn beginnings(name: &str) -> Vec<String> {
    let ends = name.match_indices('-').map(|(at, _)| at).skip(1);
    let starts = ends.filter_map(|end| name.get(..end));
    std::iter::once(name).chain(starts).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_one_name_in_all_fields() {
        let of = |label, value| of_labels(std::iter::once((label, value))).pop();
        let same = [
            ("service.name", "checkout-api"),
            ("service", "Checkout API"),
            ("job", "shop/checkout_api"),
            ("k8s.deployment.name", "checkout-api"),
            ("pod", "checkout-api-6d5f9c7b8-x2x4z"),
            ("k8s.pod.name", "checkout-api-x2x4z"),
            ("k8s.pod.name", "checkout-api-0"),
            ("vcs.repository.name", "acme/checkout-api"),
            ("application", "checkout-api-prod"),
            ("destination_service", "checkout-api.shop.svc.cluster.local"),
        ];
        for (label, value) in same {
            assert_eq!(of(label, value).as_deref(), Some("checkout-api"), "{label}={value}");
        }
        assert_eq!(of("severity", "checkout-api"), None);
        assert_eq!(of("service", "127"), None);
        assert_eq!(of("service", "checkout-api-staging").as_deref(), Some("checkout-api-staging"));
        assert_eq!(of("pod", "orders-db-primary").as_deref(), Some("orders-db-primary"));
    }

    #[test]
    fn labels_come_in_three_forms() {
        let forms = [
            serde_json::json!({"labels": {"app": "cart-api", "severity": "page"}}),
            serde_json::json!({"labels": ["env:prod", "app:cart-api"]}),
            serde_json::json!({"labels": "env:prod, app:cart-api"}),
        ];
        for form in forms {
            let extra: Extra = serde_json::from_value(form.clone()).unwrap();
            assert_eq!(of_extra(&extra), ["cart-api"], "{form}");
        }
    }

    #[test]
    fn words_that_look_like_names_are_looked_up_with_their_beginnings() {
        let text = "checkout-api-5xx: the pod orders-db-7c9f8d6b54-k2x9q was slow, 10-20 s, since https://a.b/c-d";
        assert_eq!(of_text(text), ["checkout-api-5xx", "checkout-api", "orders-db"]);
        assert_eq!(of_text("we look at search and login again"), [""; 0]);
        assert_eq!(of_text("s3cret k8s ec2 auth2go"), ["s3cret", "auth2go"]);
    }
}
