//! Whose calls an event is one of.

use schemas::event::Event;
use schemas::kind::Kind;
use serde_json::Value;

/// What is said in one channel is a session as well.
pub const CHAT: &str = "chat";

/// The calls of one program with one credential from one address; or what is said in one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The credential and the address.
    pub who: String,
    /// The program, without its version.
    pub agent: String,
}

/// The session of a call, where the source tells who called with which credential or from where.
pub(crate) fn of(data: &Event) -> Option<Session> {
    if data.kind == Kind::Messages {
        let channel = data.extra.get("channel").and_then(Value::as_str)?;
        return Some(Session { who: format!("channel {channel}"), agent: CHAT.to_owned() });
    }
    let network = data.network.as_ref();
    let address = network.and_then(|network| network.source_address.as_deref());
    let agent = network.and_then(|network| network.user_agent.as_deref());
    let credential = data.hints.session_id.as_deref();
    let actor = data.actor.as_ref().map(|actor| actor.id.as_str());
    let who = credential.or(actor)?;
    let who = format!("{who}@{}", address.unwrap_or_default());
    Some(Session { who, agent: program(agent.unwrap_or_default()).to_owned() })
}

/// A program's name without its version: the first word, to the first slash.
fn program(agent: &str) -> &str {
    let agent = agent.trim_matches(['[', ']', ' ']);
    agent.split(['/', ' ']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn a_program_is_the_same_in_every_version() {
        assert_eq!(program("[curl/8.1 (x86_64)]"), "curl");
        assert_eq!(program("aws-sdk-go/1.44"), "aws-sdk-go");
        assert_eq!(program("[ ]"), "");
    }
}
