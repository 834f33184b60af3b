//! The settings that topics have in Kafka 4, and how their values are written.
//!
//! They are checked here because the broker's refusal of a value does not reach us: the client
//! library drops it.

/// How a setting's value is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// A whole number, at least this.
    Number(i64),
    /// From 0 to 1.
    Share,
    Flag,
    Word(&'static [&'static str]),
    /// Words that can stand together, with commas.
    Words(&'static [&'static str]),
    Text,
}

const UNLIMITED: Form = Form::Number(-1);
const AMOUNT: Form = Form::Number(0);
const CODECS: &[&str] = &["gzip", "lz4", "producer", "snappy", "uncompressed", "zstd"];

const KNOWN: [(&str, Form); 33] = [
    ("cleanup.policy", Form::Words(&["compact", "delete"])),
    ("compression.gzip.level", UNLIMITED),
    ("compression.lz4.level", Form::Number(1)),
    ("compression.type", Form::Word(CODECS)),
    ("compression.zstd.level", Form::Number(-131_072)),
    ("delete.retention.ms", AMOUNT),
    ("file.delete.delay.ms", AMOUNT),
    ("flush.messages", Form::Number(1)),
    ("flush.ms", AMOUNT),
    ("follower.replication.throttled.replicas", Form::Text),
    ("index.interval.bytes", AMOUNT),
    ("leader.replication.throttled.replicas", Form::Text),
    ("local.retention.bytes", Form::Number(-2)),
    ("local.retention.ms", Form::Number(-2)),
    ("max.compaction.lag.ms", Form::Number(1)),
    ("max.message.bytes", AMOUNT),
    ("message.timestamp.after.max.ms", AMOUNT),
    ("message.timestamp.before.max.ms", AMOUNT),
    ("message.timestamp.type", Form::Word(&["CreateTime", "LogAppendTime"])),
    ("min.cleanable.dirty.ratio", Form::Share),
    ("min.compaction.lag.ms", AMOUNT),
    ("min.insync.replicas", Form::Number(1)),
    ("preallocate", Form::Flag),
    ("remote.log.copy.disable", Form::Flag),
    ("remote.log.delete.on.disable", Form::Flag),
    ("remote.storage.enable", Form::Flag),
    ("retention.bytes", UNLIMITED),
    ("retention.ms", UNLIMITED),
    ("segment.bytes", Form::Number(1_048_576)),
    ("segment.index.bytes", Form::Number(4)),
    ("segment.jitter.ms", AMOUNT),
    ("segment.ms", Form::Number(1)),
    ("unclean.leader.election.enable", Form::Flag),
];

/// Set by the tools that move replicas while they do; neither declared nor taken away.
pub(super) const TRANSIENT: [&str; 2] =
    ["follower.replication.throttled.replicas", "leader.replication.throttled.replicas"];

/// What is wrong with a setting, and how to mend it; `None` when nothing is.
pub(super) fn fault(name: &str, value: &str) -> Option<(String, String)> {
    let Some((_, form)) = KNOWN.iter().find(|(known, _)| *known == name) else {
        let names = KNOWN.iter().map(|(known, _)| *known);
        let mend = match nearest(name, names) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                "take it out; Kafka's topic settings are listed in its documentation".to_owned()
            }
        };
        return Some((format!("there is no topic setting {name}"), mend));
    };
    form.wants(value).map(|wanted| (format!("{name} is {value:?}"), format!("give {wanted}")))
}

impl Form {
    /// What should stand there instead of this value, where it is wrong.
    fn wants(self, value: &str) -> Option<String> {
        match self {
            Form::Number(least) => {
                let good = value.parse::<i64>().is_ok_and(|number| number >= least);
                (!good).then(|| format!("a whole number, {least} or more"))
            }
            Form::Share => {
                let good = value.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share));
                (!good).then(|| "a number from 0 to 1".to_owned())
            }
            Form::Flag => (!matches!(value, "true" | "false")).then(|| "true or false".to_owned()),
            Form::Word(words) => (!words.contains(&value)).then(|| words.join(" or ")),
            Form::Words(words) => {
                let good = value.split(',').all(|word| words.contains(&word.trim()));
                (!good).then(|| format!("{} or both", words.join(" or ")))
            }
            Form::Text => None,
        }
    }
}

/// A value as it is compared: the words of a list have no order.
pub(super) fn canonical(name: &str, value: &str) -> String {
    if name != "cleanup.policy" {
        return value.trim().to_owned();
    }
    let mut words: Vec<_> = value.split(',').map(str::trim).collect();
    words.sort_unstable();
    words.dedup();
    words.join(",")
}

/// The name that was probably meant.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().map(|candidate| (distance(name, candidate), candidate)).min()?;
    (near.0 <= 3 && near.0 < name.len() / 2).then_some(near.1)
}

/// How many letters have to be changed, put in or taken out to make one name the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (index, a) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (b, above) in to.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(a != b)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_by_few_letters() {
        let near = |name| nearest(name, KNOWN.iter().map(|(known, _)| *known));
        assert_eq!(near("retention.mss"), Some("retention.ms"));
        assert_eq!(near("retention_ms"), Some("retention.ms"));
        assert_eq!(near("min.in.sync.replicas"), Some("min.insync.replicas"));
        assert_eq!(near("colour"), None);
        assert_eq!(
            (distance("kitten", "sitting"), distance("", "ab"), distance("ab", "")),
            (3, 2, 2)
        );
    }

    #[test]
    fn each_form_refuses_what_a_broker_would() {
        let bad = |name, value| fault(name, value).is_some();
        assert!(
            bad("retention.ms", "7d") && bad("retention.ms", "-2") && !bad("retention.ms", "-1")
        );
        assert!(
            bad("min.cleanable.dirty.ratio", "1.5") && !bad("min.cleanable.dirty.ratio", "0.1")
        );
        assert!(bad("preallocate", "yes") && !bad("preallocate", "false"));
        assert!(bad("compression.type", "lzo") && !bad("compression.type", "lz4"));
        assert!(bad("cleanup.policy", "compact,purge") && !bad("cleanup.policy", "delete,compact"));
        assert!(bad("retention.mss", "1") && !bad("leader.replication.throttled.replicas", "*"));
    }
}
