//! What a call was about: the resource the record names, or else the first parameter that names
//! one.

use std::borrow::Cow;

use super::super::arn::{self, Place, Scope};
use super::super::loose::Word;
use super::record::{Parameters, Record};
use crate::draft::Draft;

/// How the parameters of services name their resources.
type Row<'a, 'p> = (&'p mut Word<'a>, Scope, &'static str, &'static str);

/// Names the resource, and the subject after it.
pub(super) fn name<'a>(draft: &mut Draft<'a>, record: &mut Record<'a>) {
    let named = of_resources(record).or_else(|| of_parameters(record));
    draft.subject = match &named {
        Some(Cow::Borrowed(name)) => Some(Cow::Borrowed(arn::short(name))),
        Some(Cow::Owned(name)) => Some(Cow::Owned(arn::short(name).to_owned())),
        None => record.service_name(),
    };
    draft.attribute("cloud.resource_id", named);
}

fn of_resources<'a>(record: &mut Record<'a>) -> Option<Cow<'a, str>> {
    let mut touched = record.resources.0.iter_mut();
    touched.find_map(|one| one.arn.take().or_else(|| one.arn_in_small.take()))
}

fn of_parameters<'a>(record: &mut Record<'a>) -> Option<Cow<'a, str>> {
    let mut parameters = record.request_parameters.0.take()?;
    let account = record.account();
    let place =
        Place { region: record.aws_region.text(), account: account.as_deref().unwrap_or("") };
    let service = record.service();
    let instances = parameters.instances_set.0.take();
    let first = instances.and_then(|set| set.items.0.into_iter().find_map(|one| one.instance_id.0));
    if let Some(instance) = first {
        return Some(arn::instance(place, instance));
    }
    let mut rows = rows(&mut parameters, service).into_iter();
    rows.find_map(|(word, scope, service, prefix)| {
        word.take().map(|id| match service {
            "" => id,
            _ => arn::name(place, scope, service, prefix, id),
        })
    })
}

/// Narrow ones first: a call on a group of a user is about the user. Without a service, the id is
/// taken as it is.
fn rows<'a, 'p>(given: &'p mut Parameters<'a>, service: &str) -> [Row<'a, 'p>; 26] {
    use Scope::{Account, Global, Regional};
    let clusters = if service == "ecs" { "ecs" } else { "eks" };
    // Users of other services than IAM have no names of this form.
    let users = if service == "iam" { "iam" } else { "" };
    let groups = if service == "ec2" { "ec2" } else { "" };
    let instances = if service == "rds" { "rds" } else { "ec2" };
    [
        (&mut given.instance_id, Regional, instances, "instance/"),
        (&mut given.bucket_name, Global, "s3", ""),
        (&mut given.function_name, Regional, "lambda", "function:"),
        (&mut given.role_name, Account, "iam", "role/"),
        (&mut given.user_name, Account, users, "user/"),
        (&mut given.group_id, Regional, groups, "security-group/"),
        (&mut given.db_instance, Regional, "rds", "db:"),
        (&mut given.db_cluster, Regional, "rds", "cluster:"),
        (&mut given.cluster_name, Regional, clusters, "cluster/"),
        (&mut given.cluster, Regional, clusters, "cluster/"),
        (&mut given.table_name, Regional, "dynamodb", "table/"),
        (&mut given.repository_name, Regional, "ecr", "repository/"),
        (&mut given.log_group_name, Regional, "logs", "log-group:"),
        (&mut given.volume_id, Regional, "ec2", "volume/"),
        (&mut given.subnet_id, Regional, "ec2", "subnet/"),
        (&mut given.route_table_id, Regional, "ec2", "route-table/"),
        (&mut given.vpc_id, Regional, "ec2", "vpc/"),
        (&mut given.stack_name, Regional, "", ""),
        (&mut given.secret_id, Regional, "secretsmanager", "secret:"),
        (&mut given.key_id, Regional, "kms", "key/"),
        (&mut given.topic_arn, Regional, "", ""),
        (&mut given.resource_arn, Regional, "", ""),
        (&mut given.role_arn, Regional, "", ""),
        (&mut given.policy_arn, Regional, "", ""),
        (&mut given.group_name, Account, users, "group/"),
        named(&mut given.resource_id, &mut given.name, service),
    ]
}

/// The name that is only called `name`, which is unique only within its service.
fn named<'a, 'p>(id: &'p mut Word<'a>, name: &'p mut Word<'a>, service: &str) -> Row<'a, 'p> {
    let word = if id.0.is_some() { id } else { name };
    match service {
        "ssm" => (word, Scope::Regional, "ssm", "parameter/"),
        "eks" => (word, Scope::Regional, "eks", "cluster/"),
        "cloudtrail" => (word, Scope::Regional, "cloudtrail", "trail/"),
        _ => (word, Scope::Regional, "", ""),
    }
}
