//! Compressed values, expanded within limits: a few bytes of gzip may claim gigabytes.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use crate::formats::{self, Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// The most bytes that one value may become.
const EXPANDED_MAX: u64 = 64 << 20;
/// How many times longer than itself a value may become. Logs rarely reach 50; a bomb has 1,000.
const RATIO_MAX: u64 = 200;
/// Values that become no longer than this may have any ratio.
const SMALL: u64 = 1 << 20;

pub(crate) const FORMAT: Format = Format { name: "gzip", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    is_gzip(look.input.value) || is_gzip_in_base64(look.input.value)
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let bytes = expanded(input.value)?.ok_or_else(|| Refusal::new("this is not gzip"))?;
    formats::read(&input.inner(&bytes), sink).map(|_| ())
}

/// Whether the bytes begin as base64 of gzip with the usual method does.
fn is_gzip_in_base64(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"H4sI")
}

/// Whether the bytes begin as gzip does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The expanded bytes of gzip, or of base64 of gzip; `None` for bytes that are neither.
pub(crate) fn expanded(bytes: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    if is_gzip(bytes) {
        return limited_gunzip(bytes).map(Some);
    }
    if !is_gzip_in_base64(bytes) {
        return Ok(None);
    }
    let decoded = STANDARD.decode(bytes.trim_ascii());
    let decoded = decoded.map_err(|error| Refusal::new(format!("not base64 of gzip: {error}")))?;
    limited_gunzip(&decoded).map(Some)
}

/// Expands gzip, all of its members.
pub(crate) fn limited_gunzip(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let limit = limit_of(bytes.len());
    let mut expanded = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit + 1);
    let read = reader.read_to_end(&mut expanded);
    read.map_err(|error| Refusal::new(format!("not readable as gzip: {error}")))?;
    if expanded.len() as u64 > limit {
        return Err(Refusal::new(format!("gzip of more than {limit} bytes is not expanded")));
    }
    Ok(expanded)
}

/// How long a value of this length may become.
fn limit_of(length: usize) -> u64 {
    let by_ratio = (length as u64).saturating_mul(RATIO_MAX);
    by_ratio.clamp(SMALL, EXPANDED_MAX)
}

#[cfg(test)]
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let mut members = gzip(b"one ");
        members.extend(gzip(b"two"));
        assert!(is_gzip(&members));
        assert_eq!(limited_gunzip(&members).unwrap(), b"one two");
    }

    #[test]
    fn bombs_and_nonsense_are_refused() {
        let bomb = gzip(&vec![0; 8 << 20]);
        assert!(limited_gunzip(&bomb).unwrap_err().reason.contains("bytes is not expanded"));
        let small = gzip(&vec![0; 512 << 10]);
        assert_eq!(limited_gunzip(&small).unwrap().len(), 512 << 10);
        let text = STANDARD.encode(gzip(b"text"));
        assert_eq!(expanded(text.as_bytes()).unwrap().unwrap(), b"text");
        assert_eq!(expanded(b"text").unwrap(), None);
        assert!(expanded(b"H4sI?").is_err());
        for bytes in [&b""[..], b"\x1f\x8b", b"\x1f\x8b\x08\x00nonsense", b"plain"] {
            assert!(limited_gunzip(bytes).is_err(), "{bytes:?}");
        }
    }
}
