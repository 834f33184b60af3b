//! Packed values: gzip, base64 and snappy.
//!
//! **Invariant:** the bytes depend on the versions of the libraries that pack; the checksum in the
//! tests tells when a new one packs differently.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The header of gzip: deflate, no name, no time, an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Packs values; what that needs is kept from one to the next.
pub(super) struct Packer {
    deflate: Compress,
    snappy: snap::raw::Encoder,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Packer {
    pub(super) fn new() -> Self {
        let deflate = Compress::new(Compression::fast(), false);
        Self { deflate, snappy: snap::raw::Encoder::new() }
    }

    /// A file of gzip with one member.
    #[expect(clippy::expect_used, reason = "deflate refuses no bytes, and there is room for them")]
    pub(super) fn gzip(&mut self, bytes: &[u8]) -> Vec<u8> {
        // What cannot be made shorter grows by a few bytes in each of its blocks.
        let mut packed = Vec::with_capacity(bytes.len() + bytes.len() / 16 + 128);
        packed.extend_from_slice(&GZIP_HEADER);
        self.deflate.reset();
        let status = self.deflate.compress_vec(bytes, &mut packed, FlushCompress::Finish);
        let ended = status.ok().filter(|status| *status == Status::StreamEnd);
        ended.expect("the whole stream is written at once");
        let mut sum = Crc::new();
        sum.update(bytes);
        packed.extend_from_slice(&sum.sum().to_le_bytes());
        packed.extend_from_slice(&sum.amount().to_le_bytes());
        packed
    }

    /// A block of snappy.
    #[expect(clippy::expect_used, reason = "snappy refuses no message shorter than 4 GiB")]
    pub(super) fn snappy(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.snappy.compress_vec(bytes).expect("messages are short")
    }
}

/// The same bytes as text.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::dice::{Dice, Stream};

    #[test]
    fn what_is_packed_comes_back() {
        let mut packer = Packer::new();
        let mut dice = Dice::new(1, Stream::Records);
        let noise: String =
            (0..90_000).map(|_| char::from(b'!' + u8::try_from(dice.below(94)).unwrap())).collect();
        for text in ["", "short", &"long ".repeat(20_000), &noise] {
            let packed = packer.gzip(text.as_bytes());
            let mut read = String::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
            let packed = packer.snappy(text.as_bytes());
            let read = snap::raw::Decoder::new().decompress_vec(&packed).unwrap();
            assert_eq!(read, text.as_bytes());
        }
    }
}
