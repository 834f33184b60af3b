//! The fields of a record that are looked at, borrowed from it.

use std::borrow::Cow;

use serde::Deserialize;

use super::super::loose::{Part, Parts, Word};

/// One record; every field may be missing or of another shape. Data lakes write names in small letters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::formats::aws) struct Record<'a> {
    #[serde(borrow, alias = "eventname")]
    pub(super) event_name: Word<'a>,
    #[serde(borrow, alias = "eventsource")]
    pub(in crate::formats::aws) event_source: Word<'a>,
    #[serde(borrow, alias = "eventtime")]
    pub(super) event_time: Word<'a>,
    #[serde(borrow, rename = "@timestamp")]
    pub(super) timestamp: Word<'a>,
    #[serde(borrow, rename = "eventID", alias = "eventid")]
    pub(super) event_id: Word<'a>,
    /// Triggers of `CodeCommit` spell it so.
    #[serde(borrow, rename = "eventId")]
    pub(super) event_id_of_triggers: Word<'a>,
    #[serde(borrow, rename = "sharedEventID", alias = "sharedeventid")]
    pub(super) shared_event_id: Word<'a>,
    #[serde(borrow, rename = "requestID", alias = "requestid")]
    pub(super) request_id: Word<'a>,
    #[serde(borrow, alias = "awsregion")]
    pub(super) aws_region: Word<'a>,
    #[serde(borrow, alias = "recipientaccountid")]
    pub(super) recipient_account_id: Word<'a>,
    #[serde(borrow, rename = "sourceIPAddress", alias = "sourceipaddress")]
    pub(super) source_ip_address: Word<'a>,
    #[serde(borrow, alias = "useragent")]
    pub(super) user_agent: Word<'a>,
    #[serde(borrow, alias = "errorcode")]
    pub(super) error_code: Word<'a>,
    #[serde(borrow, alias = "errormessage")]
    pub(super) error_message: Word<'a>,
    #[serde(borrow, alias = "readonly")]
    pub(super) read_only: Word<'a>,
    #[serde(borrow, alias = "useridentity")]
    pub(super) user_identity: Part<UserIdentity<'a>>,
    #[serde(borrow)]
    pub(super) resources: Parts<TouchedResource<'a>>,
    #[serde(borrow, alias = "requestparameters")]
    pub(super) request_parameters: Part<Parameters<'a>>,
    #[serde(borrow, alias = "responseelements")]
    pub(super) response_elements: Part<Response<'a>>,
    #[serde(borrow, alias = "additionaleventdata")]
    pub(super) additional_event_data: Part<More<'a>>,
    #[serde(borrow, alias = "insightdetails")]
    pub(super) insight_details: Part<Insight<'a>>,
}

/// Who called.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct UserIdentity<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Word<'a>,
    #[serde(borrow)]
    pub(super) arn: Word<'a>,
    #[serde(borrow)]
    pub(super) principal_id: Word<'a>,
    #[serde(borrow)]
    pub(super) user_name: Word<'a>,
    #[serde(borrow)]
    pub(super) invoked_by: Word<'a>,
    #[serde(borrow)]
    pub(super) account_id: Word<'a>,
    #[serde(borrow)]
    pub(super) access_key_id: Word<'a>,
    #[serde(borrow)]
    pub(super) session_context: Part<SessionContext<'a>>,
}

/// How the session came to be.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SessionContext<'a> {
    #[serde(borrow)]
    pub(super) session_issuer: Part<Issuer<'a>>,
}

/// Whose role it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issuer<'a> {
    #[serde(borrow)]
    pub(super) arn: Word<'a>,
}

/// A resource that the record names itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TouchedResource<'a> {
    #[serde(borrow, rename = "ARN")]
    pub(super) arn: Word<'a>,
    #[serde(borrow, rename = "arn")]
    pub(super) arn_in_small: Word<'a>,
}

/// The parameters that name what a call is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Parameters<'a> {
    #[serde(borrow)]
    pub(super) instance_id: Word<'a>,
    #[serde(borrow)]
    pub(super) instances_set: Part<Instances<'a>>,
    #[serde(borrow)]
    pub(super) bucket_name: Word<'a>,
    #[serde(borrow)]
    pub(super) function_name: Word<'a>,
    #[serde(borrow)]
    pub(super) role_name: Word<'a>,
    #[serde(borrow)]
    pub(super) role_arn: Word<'a>,
    #[serde(borrow)]
    pub(super) user_name: Word<'a>,
    #[serde(borrow)]
    pub(super) group_name: Word<'a>,
    #[serde(borrow)]
    pub(super) policy_arn: Word<'a>,
    #[serde(borrow)]
    pub(super) group_id: Word<'a>,
    #[serde(borrow)]
    pub(super) volume_id: Word<'a>,
    #[serde(borrow)]
    pub(super) subnet_id: Word<'a>,
    #[serde(borrow)]
    pub(super) vpc_id: Word<'a>,
    #[serde(borrow)]
    pub(super) route_table_id: Word<'a>,
    #[serde(borrow, rename = "dBInstanceIdentifier")]
    pub(super) db_instance: Word<'a>,
    #[serde(borrow, rename = "dBClusterIdentifier")]
    pub(super) db_cluster: Word<'a>,
    #[serde(borrow)]
    pub(super) cluster_name: Word<'a>,
    #[serde(borrow)]
    pub(super) cluster: Word<'a>,
    #[serde(borrow)]
    pub(super) table_name: Word<'a>,
    #[serde(borrow)]
    pub(super) repository_name: Word<'a>,
    #[serde(borrow)]
    pub(super) log_group_name: Word<'a>,
    #[serde(borrow)]
    pub(super) stack_name: Word<'a>,
    #[serde(borrow)]
    pub(super) secret_id: Word<'a>,
    #[serde(borrow)]
    pub(super) key_id: Word<'a>,
    #[serde(borrow)]
    pub(super) topic_arn: Word<'a>,
    #[serde(borrow)]
    pub(super) resource_arn: Word<'a>,
    #[serde(borrow)]
    pub(super) resource_id: Word<'a>,
    #[serde(borrow)]
    pub(super) name: Word<'a>,
}

/// The instances that a call starts, stops or ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Instances<'a> {
    #[serde(borrow)]
    pub(super) items: Parts<Instance<'a>>,
}

/// One of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    pub(super) instance_id: Word<'a>,
}

/// What came back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response<'a> {
    #[serde(borrow, rename = "ConsoleLogin")]
    pub(super) console_login: Word<'a>,
}

/// What signing in adds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct More<'a> {
    #[serde(borrow, rename = "MFAUsed")]
    pub(super) mfa_used: Word<'a>,
}

/// What is unusual.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Insight<'a> {
    #[serde(borrow)]
    pub(super) state: Word<'a>,
    #[serde(borrow)]
    pub(super) event_source: Word<'a>,
    #[serde(borrow)]
    pub(super) event_name: Word<'a>,
    #[serde(borrow)]
    pub(super) insight_type: Word<'a>,
}

impl<'a> Record<'a> {
    /// The service, as it is spelt in names of resources: `ec2`, `iam`.
    pub(super) fn service(&self) -> &str {
        let source = self.event_source.text();
        source.strip_suffix(".amazonaws.com").unwrap_or(source)
    }

    /// The service, to be kept.
    pub(super) fn service_name(&self) -> Option<Cow<'a, str>> {
        Some(match self.event_source.0.as_ref()? {
            Cow::Borrowed(source) => {
                Cow::Borrowed(source.strip_suffix(".amazonaws.com").unwrap_or(source))
            }
            Cow::Owned(_) => Cow::Owned(self.service().to_owned()),
        })
    }

    /// Whose record it is: the account it was delivered to, or else the caller's.
    pub(super) fn account(&self) -> Option<Cow<'a, str>> {
        let callers = || self.user_identity.0.as_ref().and_then(|user| user.account_id.0.clone());
        self.recipient_account_id.0.clone().or_else(callers)
    }

    /// Whether it is no record of `CloudTrail` but a trigger's, which looks much like one.
    pub(in crate::formats::aws) fn is_of_a_trigger(&self) -> bool {
        self.event_source.text().starts_with("aws:")
    }
}
