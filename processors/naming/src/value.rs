//! What a single value names: by its shape, and by the word its field ends in.

use crate::Kind;

const BYTES_MIN: usize = 4;
const BYTES_MAX: usize = 4_096;
const NAME_BYTES: std::ops::RangeInclusive<usize> = 8..=300;
/// Fields whose values are names end in these.
const NAMING: [&str; 6] = ["name", "id", "identifier", "arn", "prefix", "uid"];
/// Fields of filters, whose values may be names.
const FILTERS: [&str; 2] = ["valueset", "parameterfilters"];
/// What providers keep for all their customers begins with these, or holds them.
const PROVIDERS: [&str; 4] = ["aws-", "aws/", "alias/aws", "awsservicerole"];
const PROVIDERS_PATH: &str = "aws-service-role/";
const PROVIDERS_ROLE: &str = "/AWSServiceRole";
/// Ids of machine images.
const IMAGES: [&str; 3] = ["ami", "aki", "ari"];

/// Gives what a value names to `add`. The field's name is in lower case.
pub(crate) fn named(field: &str, value: &str, add: &mut dyn FnMut(Kind, &str)) {
    if !(BYTES_MIN..=BYTES_MAX).contains(&value.len()) {
        return;
    }
    each_arn(value, add);
    if value.starts_with("arn:") || value.contains('*') || is_of_provider(value) {
        return;
    }
    if let Some(kind) = shape(value) {
        add(kind, value);
    } else if is_name(field, value) {
        add(Kind::Name, value.trim_matches('/'));
    }
}

fn is_of_provider(value: &str) -> bool {
    let lower = value.get(..value.len().min(24)).unwrap_or_default().to_ascii_lowercase();
    PROVIDERS.iter().any(|prefix| lower.starts_with(prefix)) || value.contains(PROVIDERS_PATH)
}

/// Kinds that a value's own letters tell.
fn shape(value: &str) -> Option<Kind> {
    let bytes = value.as_bytes();
    let upper = || bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let hex = || bytes.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    match value.get(..4)? {
        "ASIA" | "AKIA" if (16..=20).contains(&bytes.len()) && upper() => Some(Kind::Credential),
        "AROA" if (16..=21).contains(&bytes.len()) && upper() => Some(Kind::Identity),
        _ if bytes.len() == 40 && hex() => Some(Kind::Change),
        _ => resource(value),
    }
}

/// `i-0abc…`, `vpc-0abc…`, `eipalloc-0abc…`: a short word, and letters and digits without a meaning.
fn resource(value: &str) -> Option<Kind> {
    let (prefix, own) = value.rsplit_once('-')?;
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let drawn = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_one = (1..=14).contains(&prefix.len())
        && word(prefix)
        && (8..=17).contains(&own.len())
        && drawn(own)
        && own.bytes().any(|b| b.is_ascii_digit());
    let kind = if IMAGES.contains(&prefix) { Kind::Image } else { Kind::Resource };
    is_one.then_some(kind)
}

/// A name that somebody chose: in a field that names, and of more than one word.
fn is_name(field: &str, value: &str) -> bool {
    let naming = NAMING.iter().any(|end| field.ends_with(end)) || FILTERS.contains(&field);
    naming
        && NAME_BYTES.contains(&value.len())
        && value.contains(['-', '_', '/'])
        && !value.contains(' ')
        && !(field == "name" && is_word_of_a_filter(value))
}

/// `vpc-id`, `instance-state-name`, `association.main`: what a filter filters by.
fn is_word_of_a_filter(value: &str) -> bool {
    let lower = value.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'.');
    lower && (value.contains('.') || value.len() < 16)
}

/// Every ARN in a text, by the last part of its name: by that it is called elsewhere too.
fn each_arn(text: &str, add: &mut dyn FnMut(Kind, &str)) {
    for (at, _) in text.match_indices("arn:") {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(|letter: char| letter.is_whitespace() || "\"',*)".contains(letter));
        let arn = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        arn_names(arn.trim_end_matches(['/', '.']), add);
    }
}

fn arn_names(arn: &str, add: &mut dyn FnMut(Kind, &str)) {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (Some(service), Some(_), Some(account)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let Some(resource) = parts.next() else { return };
    let of_provider = is_of_provider(resource) || resource.contains(PROVIDERS_ROLE);
    if account == "aws" || resource == "root" || of_provider || resource.len() < BYTES_MIN {
        return;
    }
    let (first, rest) = resource.split_once(['/', ':']).unwrap_or((resource, resource));
    match (service, first) {
        ("s3", bucket) => add(Kind::Name, bucket),
        ("sts", "assumed-role") => {
            let role = rest.split('/').next().unwrap_or(rest);
            [role, rest].iter().for_each(|name| add(Kind::Name, name));
        }
        _ if rest.bytes().all(|b| b.is_ascii_digit()) => {}
        _ => add(shape(rest).unwrap_or(Kind::Name), rest.trim_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(field: &str, value: &str) -> Vec<(Kind, String)> {
        let mut found = Vec::new();
        named(field, value, &mut |kind, name| found.push((kind, name.to_owned())));
        found
    }

    #[test]
    fn values_are_told_by_their_shape() {
        let one = |field: &str, value: &str| all(field, value).pop();
        let cases = [
            ("x", "vpc-06fe1a64761a0f720", Some((Kind::Resource, "vpc-06fe1a64761a0f720"))),
            ("x", "ami-029eb80bc237bec6f", Some((Kind::Image, "ami-029eb80bc237bec6f"))),
            ("x", "ASIAQ3EGXAMPLE00KEY1", Some((Kind::Credential, "ASIAQ3EGXAMPLE00KEY1"))),
            (
                "x",
                "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                Some((Kind::Change, "da39a3ee5e6b4b0d3255bfef95601890afd80709")),
            ),
            ("rolename", "web-reader", Some((Kind::Name, "web-reader"))),
            ("rolename", "admin", None),
            ("description", "web-reader", None),
            ("name", "resource-id", None),
            ("name", "association.route-table-association-id", None),
            ("documentname", "AWS-RunShellScript", None),
            ("imagename", "amzn2-ami-hvm-*-x86_64", None),
        ];
        for (field, value, expected) in cases {
            let expected = expected.map(|(kind, name)| (kind, name.to_owned()));
            assert_eq!(one(field, value), expected, "{field} {value}");
        }
    }

    #[test]
    fn arns_are_found_in_texts_and_called_by_their_names() {
        let text = "User: arn:aws:iam::123456789012:user/ann is not authorized to assume \
                    arn:aws:iam::123456789012:role/web-reader";
        assert_eq!(
            all("errormessage", text),
            [(Kind::Name, "ann".to_owned()), (Kind::Name, "web-reader".to_owned())]
        );
        let session = "arn:aws:sts::123456789012:assumed-role/web-reader/i-0abc";
        let expected =
            [(Kind::Name, "web-reader".to_owned()), (Kind::Name, "web-reader/i-0abc".to_owned())];
        assert_eq!(all("arn", session), expected);
        assert_eq!(
            all("arn", "arn:aws:s3:::data-bucket/key/of.txt"),
            [(Kind::Name, "data-bucket".to_owned())]
        );
        assert_eq!(all("arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"), []);
    }
}
