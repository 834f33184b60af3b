//! Names of resources. `CloudTrail` mostly says `instanceId: i-1` where other feeds say
//! `arn:aws:ec2:…:instance/i-1`; both must be the same resource, so names are built from ids.

use std::borrow::Cow;

/// Where a resource is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// The region; it also tells the partition.
    pub(super) region: &'a str,
    /// The account.
    pub(super) account: &'a str,
}

/// How names of one sort of resource are built.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// With region and account.
    Regional,
    /// With the account only: IAM.
    Account,
    /// With neither: S3.
    Global,
}

/// The name of a resource with this id; an id that is a name already is taken as it is.
pub(super) fn name<'a>(
    place: Place<'_>,
    scope: Scope,
    service: &str,
    prefix: &str,
    id: Cow<'a, str>,
) -> Cow<'a, str> {
    if id.starts_with("arn:") {
        return id;
    }
    let (region, account) = match scope {
        Scope::Regional => (place.region, place.account),
        Scope::Account => ("", place.account),
        Scope::Global => ("", ""),
    };
    let partition = partition(place.region);
    let parts = ["arn:", partition, ":", service, ":", region, ":", account, ":", prefix, &id];
    Cow::Owned(parts.concat())
}

fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The name of the instance of EC2 with this id.
pub(super) fn instance<'a>(place: Place<'_>, id: Cow<'a, str>) -> Cow<'a, str> {
    name(place, Scope::Regional, "ec2", "instance/", id)
}

/// What people call it: the last part of its name.
pub(super) fn short(name: &str) -> &str {
    name.rsplit(['/', ':']).next().filter(|last| !last.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_other_feeds_use() {
        let place = Place { region: "eu-west-1", account: "123456789012" };
        let of = |scope, service, prefix, id: &'static str| {
            name(place, scope, service, prefix, id.into()).into_owned()
        };
        assert_eq!(
            instance(place, "i-1".into()),
            "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"
        );
        assert_eq!(of(Scope::Global, "s3", "", "logs"), "arn:aws:s3:::logs");
        assert_eq!(of(Scope::Account, "iam", "role/", "r"), "arn:aws:iam::123456789012:role/r");
        assert_eq!(of(Scope::Account, "iam", "role/", "arn:aws:x"), "arn:aws:x");
        let china = Place { region: "cn-north-1", ..place };
        assert_eq!(name(china, Scope::Global, "s3", "", "b".into()), "arn:aws-cn:s3:::b");
        assert_eq!(short("arn:aws:iam::1:role/path/r"), "r");
        assert_eq!(short("arn:aws:s3:::logs"), "logs");
        assert_eq!(short("i-1"), "i-1");
    }
}
