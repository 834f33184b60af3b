//! The words of actions: what is done, and what makes doing it delicate.
//!
//! **Invariant:** words come in small ASCII letters; a word that is not known means nothing.

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Looks at something.
    Read,
    /// Makes something.
    Create,
    /// Changes something.
    Update,
    /// Takes something away.
    Delete,
    /// Signs in or out, or takes on a role.
    Login,
    /// Changes who may do what.
    Permission,
    /// Runs, starts or stops something.
    Execute,
    /// Nothing that is known by its name.
    Other,
}

impl Class {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Login => "login",
            Self::Permission => "permission",
            Self::Execute => "execute",
            Self::Other => "other",
        }
    }
}

/// What a verb does.
pub(super) fn verb(word: &str) -> Option<Class> {
    match word {
        "get" | "list" | "describe" | "read" | "head" | "view" | "watch" | "search" | "query"
        | "select" | "lookup" | "scan" | "fetch" | "download" | "export" | "check" | "count"
        | "batchget" | "accessed" | "clone" | "viewed" | "downloaded" | "simulate" => {
            Some(Class::Read)
        }
        "create" | "created" | "insert" | "add" | "added" | "post" | "new" | "upload" | "copy"
        | "import" | "register" | "allocate" | "provision" | "clonedto" | "generate" | "issue"
        | "invite" => Some(Class::Create),
        "update" | "updated" | "put" | "patch" | "set" | "modify" | "modified" | "edit"
        | "edited" | "write" | "change" | "changed" | "replace" | "rename" | "renamed" | "move"
        | "moved" | "enable" | "disable" | "attach" | "detach" | "associate" | "disassociate"
        | "tag" | "untag" | "restore" | "recover" | "reset" | "rotate" | "configure" | "merge"
        | "push" | "publish" | "lock" | "unlock" | "archive" => Some(Class::Update),
        "delete" | "deleted" | "remove" | "removed" | "destroy" | "destroyed" | "terminate"
        | "purge" | "drop" | "erase" | "deletion" | "leave" | "deregister" | "release"
        | "deletecollection" | "cancel" => Some(Class::Delete),
        "login" | "logon" | "logout" | "logoff" | "signin" | "signout" | "authenticate"
        | "authenticated" | "assume" => Some(Class::Login),
        "grant" | "granted" | "revoke" | "revoked" | "authorize" | "deny" | "allow" | "elevate"
        | "elevated" | "share" | "unshare" => Some(Class::Permission),
        "run" | "start" | "stop" | "restart" | "reboot" | "invoke" | "execute" | "exec"
        | "send" | "trigger" | "launch" | "failover" | "submit" | "deploy" | "suspend"
        | "resume" | "encrypt" | "decrypt" => Some(Class::Execute),
        _ => None,
    }
}

/// What a word adds to the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// Who may do what: changing it is a change of permission.
    Grant,
    /// A policy that is none of permissions: `DeleteScalingPolicy`.
    Routine,
    /// Identities, guards and witnesses: changing them is delicate.
    Guarded,
    /// What is delicate even to look at.
    Secret,
    /// A session of a user.
    Session,
    /// What signing in is about.
    Credential,
    /// A command in a running container.
    Shell,
    /// Azure ends with it what is neither a write nor a delete.
    Action,
}

/// What else a word says.
pub(super) fn object(word: &str) -> Option<Object> {
    match word {
        "policy"
        | "policies"
        | "permission"
        | "permissions"
        | "binding"
        | "bindings"
        | "rolebinding"
        | "rolebindings"
        | "clusterrolebinding"
        | "clusterrolebindings"
        | "assignment"
        | "assignments"
        | "roleassignments"
        | "acl"
        | "acls"
        | "grant"
        | "grants"
        | "sharing"
        | "member"
        | "members"
        | "membership"
        | "collaborator"
        | "privilege"
        | "privileges"
        | "entitlement" => Some(Object::Grant),
        "scaling" | "autoscaling" | "lifecycle" | "retention" | "balancer" | "backup"
        | "firewallpolicies" => Some(Object::Routine),
        "user" | "users" | "role" | "roles" | "clusterroles" | "key" | "keys" | "account"
        | "serviceaccounts" | "mfa" | "certificate" | "certificates" | "trail" | "logging"
        | "audit" | "diagnosticsettings" | "diagnostic" | "detector" | "firewall" | "firewalls"
        | "sink" | "token" | "tokens" | "protection" | "protected" | "ingress" | "egress"
        | "public" | "admin" | "organization" | "federation" => Some(Object::Guarded),
        "secret" | "secrets" | "password" | "credential" | "credentials" => Some(Object::Secret),
        "session" => Some(Object::Session),
        "authentication" | "sso" | "sign" | "oauth" => Some(Object::Credential),
        "exec" | "portforward" => Some(Object::Shell),
        "action" => Some(Object::Action),
        _ => None,
    }
}
