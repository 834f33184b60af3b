//! Audit: what sort of action it was, on what, and whether it takes privileges.
//!
//! **Invariant:** hundreds of thousands of these pass in a second, so nothing is allocated but what is
//! added, and only the beginning of an action's name is read.

use schemas::event::Event;

use super::audit_words::{Class, Object, object, verb};
use super::given;
use super::text::{beginning, parts};

/// So much of the name of an action is read, and so much of a word is compared.
const ACTION_BYTES_MAX: usize = 128;
const WORD_BYTES_MAX: usize = 20;

/// Longer names of targets are left to the resource.
const TARGET_BYTES_MAX: usize = 1_024;

/// The OCSF classes that say by themselves what an action is.
const ACCOUNT_CHANGE: u32 = 3_001;
const AUTHENTICATION: u32 = 3_002;
const NETWORK_ACTIVITY: u32 = 4_001;

/// The attributes that name a target, the most telling first.
const TELLING: [&str; 7] = [
    "cloud.resource_id",
    "k8s.object.name",
    "k8s.pod.name",
    "vcs.repository.name",
    "service.name",
    "host.name",
    "url.path",
];

pub(super) fn apply(event: &mut Event) {
    // A flow of packets is no action of anybody.
    if event.class_uid == NETWORK_ACTIVITY {
        return;
    }
    let words = Words::of(beginning(&event.action, ACTION_BYTES_MAX));
    let class = class(&words, event);
    let is_privileged = is_privileged(&words, class, event);
    given::add(&mut event.extra, "action_class", Some(class.as_str()));
    given::add(&mut event.extra, "is_privileged", Some(is_privileged));
    if !given::has(&event.extra, "target") {
        let attributes = &event.resource.attributes;
        let target = TELLING.iter().find_map(|name| attributes.get(*name));
        let target = target.filter(|target| target.len() <= TARGET_BYTES_MAX);
        given::add(&mut event.extra, "target", target.map(String::as_str));
    }
}

/// What the name of an action says.
#[derive(Debug, Default)]
struct Words {
    verb: Option<Class>,
    objects: u8,
}

impl Words {
    /// `create pods/exec` and `AddMemberToRole` begin with their verb, `storage.buckets.delete` and
    /// `vaults/keys/read/action` end with it: so it is the first of the last piece that has one, and
    /// the first of all in names with spaces.
    fn of(action: &str) -> Self {
        let mut words = Self::default();
        let is_phrase = action.as_bytes().contains(&b' ');
        let mut is_found = false;
        let mut parts = parts(action);
        while let Some(part) = parts.next() {
            is_found &= is_phrase || !parts.skipped.bytes().any(|byte| b"./:".contains(&byte));
            let mut buffer = [0; WORD_BYTES_MAX];
            let word = lowered(part, &mut buffer);
            words.objects |= object(word).map_or(0, bit);
            if !is_found && let Some(verb) = verb(word) {
                words.verb = Some(verb);
                is_found = true;
            }
        }
        words
    }

    fn has(&self, object: Object) -> bool {
        self.objects & bit(object) != 0
    }
}

const fn bit(object: Object) -> u8 {
    1 << object as u8
}

/// A word in small letters, without the version behind it (`AddPermission20150331v2`); nothing of one
/// that is longer than any that is known.
fn lowered<'b>(part: &str, buffer: &'b mut [u8; WORD_BYTES_MAX]) -> &'b str {
    let letters = part.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or_default();
    let Some(word) = buffer.get_mut(..letters.len()) else { return "" };
    word.copy_from_slice(letters.as_bytes());
    word.make_ascii_lowercase();
    std::str::from_utf8(word).unwrap_or_default()
}

fn class(words: &Words, event: &Event) -> Class {
    if event.class_uid == AUTHENTICATION {
        return Class::Login;
    }
    let is_read_only = || given::flag(&event.extra, "read_only") == Some(true);
    match words.verb {
        _ if words.has(Object::Shell) => Class::Execute,
        Some(Class::Execute) if words.has(Object::Session) => Class::Login,
        Some(Class::Create | Class::Update | Class::Delete) if grants(words) => Class::Permission,
        Some(verb) => verb,
        None if words.has(Object::Credential) => Class::Login,
        None if words.has(Object::Action) => Class::Execute,
        None if is_read_only() => Class::Read,
        None => Class::Other,
    }
}

fn grants(words: &Words) -> bool {
    words.has(Object::Grant) && !words.has(Object::Routine)
}

/// Whether few should do it: changing who may do what, identities and what guards them, looking at
/// secrets, commands in containers, and whatever the root user does.
fn is_privileged(words: &Words, class: Class, event: &Event) -> bool {
    let changes = matches!(class, Class::Create | Class::Update | Class::Delete | Class::Execute);
    class == Class::Permission
        || event.class_uid == ACCOUNT_CHANGE
        || words.has(Object::Secret)
        || words.has(Object::Shell)
        || changes && words.has(Object::Guarded)
        || is_root(event)
}

fn is_root(event: &Event) -> bool {
    event.actor.as_ref().is_some_and(|actor| {
        let is_named = actor.id == "root" || actor.id.ends_with(":root");
        is_named || actor.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("root"))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::envelope::Extra;
    use schemas::event::Actor;
    use schemas::kind::Kind;
    use serde_json::json;

    use super::*;
    use crate::transform::testing::event;

    fn judged(class_uid: u32, action: &str) -> String {
        let mut event = event(Kind::Audit);
        event.class_uid = class_uid;
        event.action = action.to_owned();
        apply(&mut event);
        let mark = if event.extra["is_privileged"] == true { " !" } else { "" };
        format!("{action}: {}{mark}", event.extra["action_class"].as_str().unwrap())
    }

    #[test]
    fn actions_are_known_by_their_verbs() {
        let actions = [
            "CreateAccessKey",
            "DescribeInstances",
            "PutUserPolicy",
            "GetBucketPolicy",
            "DeleteScalingPolicy",
            "AuthorizeSecurityGroupIngress",
            "UpdateAssumeRolePolicy",
            "AssumeRole",
            "ConsoleLogin",
            "RunInstances",
            "StopLogging",
            "GetSecretValue",
            "AddPermission20150331v2",
            "Decrypt",
            "DeleteBucketPublicAccessBlock",
            "TerminateInstances",
            "CheckMfa",
            "storage.buckets.delete",
            "v1.compute.instances.insert",
            "google.iam.admin.v1.SetIAMPolicy",
            "google.logging.v2.ConfigServiceV2.DeleteSink",
            "google.cloud.run.v1.Services.CreateService",
            "ADD_GROUP_MEMBER",
            "INBOUND_SSO_PROFILE_UPDATED",
            "io.k8s.core.v1.pods.exec.create",
            "Microsoft.Compute/virtualMachines/write",
            "microsoft.keyvault/vaults/keys/purge/action",
            "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
            "Microsoft.Advisor/recommendations/available/action",
            "Add member to role",
            "Delete role assignment",
            "Sign-in activity",
            "get pods",
            "create pods/exec",
            "patch clusterrolebindings",
            "get /healthz",
            "list secrets",
            "deletecollection jobs",
            "user.session.start",
            "user.authentication.sso",
            "repo.create",
            "org.add_member",
            "protected_branch.destroy",
            "notification",
            "größe.ändern",
            "",
        ];
        expect![[r#"
            CreateAccessKey: create !
            DescribeInstances: read
            PutUserPolicy: permission !
            GetBucketPolicy: read
            DeleteScalingPolicy: delete
            AuthorizeSecurityGroupIngress: permission !
            UpdateAssumeRolePolicy: permission !
            AssumeRole: login
            ConsoleLogin: login
            RunInstances: execute
            StopLogging: execute !
            GetSecretValue: read !
            AddPermission20150331v2: permission !
            Decrypt: execute
            DeleteBucketPublicAccessBlock: delete !
            TerminateInstances: delete
            CheckMfa: read
            storage.buckets.delete: delete
            v1.compute.instances.insert: create
            google.iam.admin.v1.SetIAMPolicy: permission !
            google.logging.v2.ConfigServiceV2.DeleteSink: delete !
            google.cloud.run.v1.Services.CreateService: create
            ADD_GROUP_MEMBER: permission !
            INBOUND_SSO_PROFILE_UPDATED: update
            io.k8s.core.v1.pods.exec.create: execute !
            Microsoft.Compute/virtualMachines/write: update
            microsoft.keyvault/vaults/keys/purge/action: delete !
            MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE: permission !
            Microsoft.Advisor/recommendations/available/action: execute
            Add member to role: permission !
            Delete role assignment: permission !
            Sign-in activity: login
            get pods: read
            create pods/exec: execute !
            patch clusterrolebindings: permission !
            get /healthz: read
            list secrets: read !
            deletecollection jobs: delete
            user.session.start: login
            user.authentication.sso: login
            repo.create: create
            org.add_member: permission !
            protected_branch.destroy: delete !
            notification: other
            größe.ändern: other
            : other"#]]
        .assert_eq(&actions.map(|action| judged(0, action)).join("\n"));
    }

    #[test]
    fn classes_and_actors_say_it_too() {
        assert_eq!(judged(AUTHENTICATION, "GetSessionToken"), "GetSessionToken: login");
        assert_eq!(judged(ACCOUNT_CHANGE, "Something"), "Something: other !");
        let mut event = event(Kind::Audit);
        event.extra = Extra::from_iter([("read_only".to_owned(), json!(true))]);
        event.actor = Some(Actor {
            id: "arn:aws:iam::111122223333:root".to_owned(),
            kind: None,
            name: None,
            extra: Extra::new(),
        });
        event.resource.attributes.insert("host.name".to_owned(), "h1".to_owned());
        event.resource.attributes.insert("k8s.object.name".to_owned(), "cart".to_owned());
        apply(&mut event);
        let shown = serde_json::to_string(&event.extra).unwrap();
        expect![[
            r#"{"action_class":"read","is_privileged":true,"read_only":true,"target":"cart"}"#
        ]]
        .assert_eq(&shown);
    }

    #[test]
    fn what_the_source_said_stays_and_flows_are_no_actions() {
        let mut said = event(Kind::Audit);
        said.extra = Extra::from_iter([("target".to_owned(), json!("theirs"))]);
        said.resource.attributes.insert("host.name".to_owned(), "h1".to_owned());
        apply(&mut said);
        assert_eq!(said.extra["target"], "theirs");
        let mut flow = event(Kind::Audit);
        flow.class_uid = NETWORK_ACTIVITY;
        apply(&mut flow);
        assert!(flow.extra.is_empty());
    }
}
