//! Who called. The sessions of a role are one actor, the role; which session it was is in the name.

use std::borrow::Cow;

use super::record::{Record, UserIdentity};
use crate::draft::{Draft, DraftActor};

/// Names the actor and the credential.
pub(super) fn name<'a>(draft: &mut Draft<'a>, record: &mut Record<'a>) {
    let Some(mut user) = record.user_identity.0.take() else { return };
    draft.hints.session_id = user.access_key_id.take();
    let kind = kind(&user);
    let name = called(&mut user);
    let id = issuer(&mut user)
        .or_else(|| user.arn.take())
        .or_else(|| user.principal_id.take())
        .or_else(|| name.clone());
    draft.actor = id.map(|id| DraftActor { id, kind, name });
}

/// The role that the session is of.
fn issuer<'a>(user: &mut UserIdentity<'a>) -> Option<Cow<'a, str>> {
    let is_of_role = matches!(user.kind.get(), Some("AssumedRole") | None);
    let context = user.session_context.0.as_mut().filter(|_| is_of_role)?;
    context.session_issuer.0.as_mut()?.arn.take()
}

/// The user's name, `role/session`, or the service on whose behalf it was.
fn called<'a>(user: &mut UserIdentity<'a>) -> Option<Cow<'a, str>> {
    let session = match &user.arn.0 {
        Some(Cow::Borrowed(arn)) => arn.split_once(":assumed-role/"),
        _ => None,
    };
    let session = session.map(|(_, name)| Cow::Borrowed(name));
    user.user_name.take().or(session).or_else(|| user.invoked_by.take())
}

fn kind<'a>(user: &UserIdentity<'a>) -> Option<Cow<'a, str>> {
    let known = match user.kind.get()? {
        "Root" => "root",
        "AssumedRole" | "Role" => "role",
        "AWSService" => "service",
        "AWSAccount" => "account",
        "IAMUser" | "FederatedUser" | "SAMLUser" | "WebIdentityUser" | "IdentityCenterUser" => {
            "user"
        }
        _ => return user.kind.0.clone(),
    };
    Some(Cow::Borrowed(known))
}
