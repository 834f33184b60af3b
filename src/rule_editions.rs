//! Editions of the rules: made by `isobar rules apply`, read by services while they run.
//!
//! **Invariant:** nothing is read from an edition before its seal is found right, for anybody may write
//! to an input topic. An edition that was read means what its files mean to this binary, and nothing else.

use std::fmt;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use correlator::patterns::Plan;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit, Mac};
use processors::service::Asked;
use rules::Text;
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{Hash128, RecordId};
use schemas::rule_edition::RuleEdition;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use sha2::Sha256;
use stream::{Edition, Library};

use crate::config;

/// A shorter key could be guessed.
const KEY_CHARACTERS_MIN: usize = 16;
/// More text than this is refused before it is unpacked.
const TEXT_BYTES_MAX: u64 = 32 << 20;
/// The editions that are kept compiled: the one in force, and the one that follows it.
const COMPILED_MAX: usize = 2;

/// What editions are sealed with.
#[derive(Clone)]
pub(crate) struct RulesKey(Vec<u8>);

impl fmt::Debug for RulesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl RulesKey {
    /// A key, without the white space around it.
    ///
    /// # Errors
    /// When it is too short.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let key = text.trim();
        if key.chars().count() < KEY_CHARACTERS_MIN {
            return Err(format!(
                "the key has fewer than {KEY_CHARACTERS_MIN} characters; `openssl rand -hex 32` makes one"
            ));
        }
        Ok(Self(key.as_bytes().to_vec()))
    }

    fn sealing(&self, edition: Hash128, time: Time, content: &str) -> anyhow::Result<Hmac<Sha256>> {
        let mut seal =
            Hmac::<Sha256>::new_from_slice(&self.0).map_err(|error| anyhow!("{error}"))?;
        seal.update(format!("{edition}\n{time}\n{content}").as_bytes());
        Ok(seal)
    }
}

/// All rules, as one record.
///
/// # Errors
/// When they do not fit into one.
pub(crate) fn pack(
    texts: &[Text],
    by: &str,
    time: Time,
    key: &RulesKey,
) -> anyhow::Result<(Hash128, Vec<u8>)> {
    let (edition, content) = (hash(texts), compress(texts)?);
    let seal = hex(&key.sealing(edition, time, &content)?.finalize().into_bytes());
    let attributes = Attributes {
        id: RecordId::of(RuleEdition::TYPE, &[&edition.to_string(), &time.to_string()]),
        source: "isobar.rules".to_owned(),
        subject: Some(edition.to_string()),
        time,
        arrival_time: time,
        tenant: "default".to_owned(),
        source_class: SourceClass::Deploy,
        traceparent: None,
    };
    let data = RuleEdition {
        edition,
        files: u32::try_from(texts.len()).unwrap_or(u32::MAX),
        by: by.to_owned(),
        content,
        seal,
        extra: Extra::new(),
    };
    let value = codec::encode(&Envelope::new(attributes, data)).context(
        "the rules do not fit into one message; leave out what your sources cannot match",
    )?;
    Ok((edition, value))
}

/// What an edition holds, if its seal is right.
fn unpack(value: &[u8], key: &RulesKey) -> anyhow::Result<(i64, Hash128, Vec<Text>)> {
    let Envelope { attributes, data, .. } = codec::decode::<RuleEdition>(value)?;
    let time = attributes.time;
    let told = unhex(&data.seal).context("its seal is not hexadecimal")?;
    let sealing = key.sealing(data.edition, time, &data.content)?;
    sealing.verify_slice(&told).map_err(|_| {
        anyhow!("its seal is not of our key: rules_key differs, or somebody else wrote it")
    })?;
    let texts = decompress(&data.content)?;
    ensure!(hash(&texts) == data.edition, "its number is not that of its files");
    Ok((time.millis(), data.edition, texts))
}

fn hash(texts: &[Text]) -> Hash128 {
    let parts: Vec<&str> = texts.iter().flat_map(|text| [&*text.file, &*text.text]).collect();
    Hash128::of(RuleEdition::TYPE, &parts)
}

fn compress(texts: &[Text]) -> anyhow::Result<String> {
    let pairs: Vec<(&str, &str)> = texts.iter().map(|text| (&*text.file, &*text.text)).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&serde_json::to_vec(&pairs)?)?;
    Ok(BASE64.encode(encoder.finish()?))
}

fn decompress(content: &str) -> anyhow::Result<Vec<Text>> {
    let bytes = BASE64.decode(content).context("its content is no base64")?;
    let mut text = Vec::new();
    GzDecoder::new(&*bytes).take(TEXT_BYTES_MAX).read_to_end(&mut text)?;
    let pairs: Vec<(String, String)> =
        serde_json::from_slice(&text).context("its content is no list of files")?;
    Ok(pairs.into_iter().map(|(file, text)| Text { file, text }).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

/// Reads editions; what it compiled last is shared by all tasks of the process.
#[derive(Debug)]
pub(crate) struct RuleLibrary {
    key: RulesKey,
    compiled: Mutex<Vec<Arc<Compiled>>>,
}

#[derive(Debug)]
struct Compiled {
    number: u128,
    asked: Arc<Asked>,
    plan: Arc<Plan>,
}

impl RuleLibrary {
    pub(crate) fn new(key: RulesKey) -> Self {
        Self { key, compiled: Mutex::default() }
    }

    fn open(&self, value: &[u8]) -> Result<(i64, Arc<Compiled>), String> {
        let (order_ms, edition, texts) =
            unpack(value, &self.key).map_err(|error| format!("{error:#}"))?;
        let number = edition.as_u128();
        // Held while compiling, so that tasks of other threads wait for the result and do not repeat it.
        let mut all = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|of| of.number == number) {
            return Ok((order_ms, Arc::clone(known)));
        }
        let compiled = Arc::new(compile(number, &texts).map_err(|error| format!("{error:#}"))?);
        tracing::info!(%edition, files = texts.len(), "an edition of the rules was read");
        all.push(Arc::clone(&compiled));
        let old = all.len().saturating_sub(COMPILED_MAX);
        all.drain(..old);
        Ok((order_ms, compiled))
    }
}

fn compile(number: u128, texts: &[Text]) -> anyhow::Result<Compiled> {
    let rules = config::compile(texts)?;
    let asked = rules.asked.context("it holds no rules")?;
    let plan = Plan::new(rules.stateful).asking(Some(Arc::clone(&asked)));
    Ok(Compiled { number, asked, plan: Arc::new(plan) })
}

impl Library<Asked> for RuleLibrary {
    fn read(&self, value: &[u8]) -> Result<Edition<Asked>, String> {
        let (order_ms, compiled) = self.open(value)?;
        Ok(Edition { order_ms, number: compiled.number, content: Arc::clone(&compiled.asked) })
    }
}

impl Library<Plan> for RuleLibrary {
    fn read(&self, value: &[u8]) -> Result<Edition<Plan>, String> {
        let (order_ms, compiled) = self.open(value)?;
        Ok(Edition { order_ms, number: compiled.number, content: Arc::clone(&compiled.plan) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title: t\nid: 11111111-1111-4111-8111-111111111111\n\
        logsource: {product: aws, service: cloudtrail}\n\
        detection: {s: {eventName: One}, condition: s}\n";

    fn key(text: &str) -> RulesKey {
        RulesKey::new(text).unwrap()
    }

    fn texts(rule: &str) -> Vec<Text> {
        vec![Text { file: "a.yaml".to_owned(), text: rule.to_owned() }]
    }

    fn time(ms: i64) -> Time {
        Time::from_millis(ms).unwrap()
    }

    #[test]
    fn an_edition_is_read_as_it_was_written_and_compiled_once() {
        let (edition, value) =
            pack(&texts(RULE), "me", time(1_000), &key("0123456789abcdef")).unwrap();
        let library = RuleLibrary::new(key(" 0123456789abcdef\n"));
        let one: Edition<Asked> = library.read(&value).unwrap();
        assert_eq!((one.order_ms, one.number), (1_000, edition.as_u128()));
        assert_eq!(one.content.matcher.counts("aws.cloudtrail").0, 1);
        let other: Edition<Asked> = library.read(&value).unwrap();
        assert!(Arc::ptr_eq(&one.content, &other.content));
    }

    #[test]
    fn an_edition_that_is_not_ours_is_refused_and_it_is_said_why() {
        let (_, value) = pack(&texts(RULE), "me", time(1_000), &key("0123456789abcdef")).unwrap();
        let refused = |value: &[u8], key_text: &str| {
            Library::<Asked>::read(&RuleLibrary::new(key(key_text)), value).unwrap_err()
        };
        assert!(refused(&value, "another key of ours").contains("rules_key differs"));
        // The same files, said to have been applied later.
        let text = String::from_utf8(value).unwrap();
        let later = text.replace("1970-01-01T00:00:01", "1970-01-01T00:00:02");
        assert_ne!(later, text);
        assert!(refused(later.as_bytes(), "0123456789abcdef").contains("seal"));
        let (_, wrong) =
            pack(&texts("title: t\n"), "me", time(1), &key("0123456789abcdef")).unwrap();
        assert!(refused(&wrong, "0123456789abcdef").contains("a.yaml"));
        assert!(RulesKey::new("short").unwrap_err().contains("openssl"));
    }
}
