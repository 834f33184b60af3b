//! Images: a task's whole state at one input offset, written in chunks beside the running work.
//!
//! **Invariant:** an image is one consistent cut. The pointer in the committed offset's metadata
//! names it only after its last chunk has committed, so a pointer never leads to half an image.

use crate::record::Offset;

/// A chunk of an image is not larger than this, so that it fits any broker's message limit.
pub const CHUNK_BYTES_MAX: usize = 512 * 1024;
const CHUNK_MAGIC: [u8; 4] = *b"IsIm";
const CHUNK_FORMAT: u8 = 1;
const POINTER_FORMAT: u8 = 1;

/// Versions of what an image holds and of the logic that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// How entries are encoded; another number cannot be read.
    pub schema: u16,
    /// What a record does to the state; a replay under another number may differ from the first run.
    pub logic: u16,
}

/// Takes entries of a cut until one of its limits is met.
#[derive(Debug)]
pub struct EntryWriter<'a> {
    bytes: &'a mut Vec<u8>,
    store: u8,
    work_left: usize,
}

impl<'a> EntryWriter<'a> {
    /// Appends entries of store number `store` to `bytes`, for about `work_max` entries.
    pub fn new(bytes: &'a mut Vec<u8>, store: u8, work_max: usize) -> Self {
        Self { bytes, store, work_left: work_max }
    }

    /// Appends one entry; false when it has to wait for the next chunk.
    pub fn push(&mut self, entry: &[u8]) -> bool {
        self.push_many(entry, 1)
    }

    /// Appends one entry that stands for `work` units.
    pub fn push_many(&mut self, entry: &[u8], work: usize) -> bool {
        let full = self.bytes.len() + entry.len() + 5 > CHUNK_BYTES_MAX;
        // A first entry is always taken: an entry larger than a chunk must not stop the cut here,
        // the log refuses it with its own limit and says so.
        if self.work_left == 0 || (full && self.bytes.len() > CHUNK_HEADER_BYTES) {
            return false;
        }
        self.work_left = self.work_left.saturating_sub(work);
        let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
        self.bytes.push(self.store);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(entry);
        true
    }

    /// Passes over an entry that needs no writing; false when the work for now is done.
    pub fn skip(&mut self) -> bool {
        let room = self.work_left > 0;
        self.work_left = self.work_left.saturating_sub(1);
        room
    }

    /// How much work may still be done.
    pub fn work_left(&self) -> usize {
        self.work_left
    }
}

/// What stands before a chunk's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHeader {
    /// Versions of the writer.
    pub versions: Versions,
    /// Which image of its task this belongs to.
    pub sequence: u64,
    /// The input offset the image was cut at.
    pub cut_at: Offset,
    /// The chunk's number within its image, from 0.
    pub index: u32,
    /// True for the last chunk of the image.
    pub last: bool,
}

/// Bytes of a chunk's header.
pub const CHUNK_HEADER_BYTES: usize = 4 + 1 + 1 + 2 + 2 + 8 + 8 + 4 + 4;
const CRC_AT: usize = CHUNK_HEADER_BYTES - 4;

/// Why a chunk or a pointer cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ImageError {
    /// Not a chunk, or cut short.
    #[error("not an image chunk")]
    NotAChunk,
    /// Bytes changed since they were written.
    #[error("checksum {found:08x} where {expected:08x} was written")]
    Checksum {
        /// What the bytes give.
        found: u32,
        /// What the writer noted.
        expected: u32,
    },
    /// Written by a newer program.
    #[error("format {0} is newer than this program reads")]
    Format(u8),
    /// The offset metadata is not one of our pointers.
    #[error("offset metadata is not an image pointer")]
    NotAPointer,
}

impl ChunkHeader {
    /// Starts a chunk: room for the header, filled in by [`ChunkHeader::seal`].
    pub fn begin() -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 * 1024);
        bytes.resize(CHUNK_HEADER_BYTES, 0);
        bytes
    }

    /// Writes the header over the room left for it, with a checksum of everything.
    pub fn seal(&self, bytes: &mut Vec<u8>) {
        let mut header = Vec::with_capacity(CHUNK_HEADER_BYTES);
        header.extend_from_slice(&CHUNK_MAGIC);
        header.push(CHUNK_FORMAT);
        header.push(u8::from(self.last));
        header.extend_from_slice(&self.versions.schema.to_le_bytes());
        header.extend_from_slice(&self.versions.logic.to_le_bytes());
        header.extend_from_slice(&self.sequence.to_le_bytes());
        header.extend_from_slice(&self.cut_at.0.to_le_bytes());
        header.extend_from_slice(&self.index.to_le_bytes());
        let body = bytes.get(CHUNK_HEADER_BYTES..).unwrap_or_default();
        let crc = crc32c::crc32c_append(crc32c::crc32c(&header), body);
        header.extend_from_slice(&crc.to_le_bytes());
        bytes.splice(..CHUNK_HEADER_BYTES, header);
    }

    /// Reads a chunk: its header, and the entries as one piece.
    ///
    /// # Errors
    /// When the bytes are not a whole, unharmed chunk.
    pub fn open(bytes: &[u8]) -> Result<(Self, &[u8]), ImageError> {
        let mut reader = Reader { bytes };
        if reader.take::<4>() != Some(CHUNK_MAGIC) {
            return Err(ImageError::NotAChunk);
        }
        match reader.take::<1>() {
            Some([CHUNK_FORMAT]) => {}
            Some([format]) => return Err(ImageError::Format(format)),
            None => return Err(ImageError::NotAChunk),
        }
        let header = Self::read(&mut reader).ok_or(ImageError::NotAChunk)?;
        let expected = reader.take().map(u32::from_le_bytes).ok_or(ImageError::NotAChunk)?;
        let head = bytes.get(..CRC_AT).unwrap_or_default();
        let found = crc32c::crc32c_append(crc32c::crc32c(head), reader.bytes);
        if found == expected {
            Ok((header, reader.bytes))
        } else {
            Err(ImageError::Checksum { found, expected })
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let [last] = reader.take::<1>()?;
        Some(Self {
            last: last != 0,
            versions: Versions {
                schema: reader.take().map(u16::from_le_bytes)?,
                logic: reader.take().map(u16::from_le_bytes)?,
            },
            sequence: reader.take().map(u64::from_le_bytes)?,
            cut_at: Offset(reader.take().map(i64::from_le_bytes)?),
            index: reader.take().map(u32::from_le_bytes)?,
        })
    }
}

/// Splits a chunk's entries: store number and bytes.
pub fn entries(mut body: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), ImageError>> {
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let entry = split_entry(body);
        body = entry.map_or(&[], |(_, _, rest)| rest);
        Some(entry.map(|(store, entry, _)| (store, entry)).ok_or(ImageError::NotAChunk))
    })
}

fn split_entry(body: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let mut reader = Reader { bytes: body };
    let [store] = reader.take::<1>()?;
    let length = usize::try_from(u32::from_le_bytes(reader.take()?)).ok()?;
    let (entry, rest) = reader.bytes.split_at_checked(length)?;
    Some((store, entry, rest))
}

/// Where the last complete image lies. `None` in a pointer means: the empty state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageAt {
    /// Offset of its first chunk in the state partition.
    pub first_chunk: Offset,
    /// How many chunks it has.
    pub chunks: u32,
}

/// What rides in the metadata of a committed input offset: fixed size, atomic with the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Versions of the program that committed.
    pub versions: Versions,
    /// The input offset from which the state is rebuilt: where the image was cut.
    pub cut_at: Offset,
    /// The image cut there.
    pub image: Option<ImageAt>,
    /// Number of that image; 0 before the first.
    pub sequence: u64,
    /// Unfinished calls of `advance` after the last processed record.
    pub steps: u32,
}

impl Pointer {
    /// The pointer as offset metadata: hexadecimal, because the protocol wants text.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(POINTER_FORMAT);
        bytes.extend_from_slice(&self.versions.schema.to_le_bytes());
        bytes.extend_from_slice(&self.versions.logic.to_le_bytes());
        bytes.extend_from_slice(&self.cut_at.0.to_le_bytes());
        let first_chunk = self.image.map_or(-1, |image| image.first_chunk.0);
        bytes.extend_from_slice(&first_chunk.to_le_bytes());
        bytes.extend_from_slice(&self.image.map_or(0, |image| image.chunks).to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.steps.to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads offset metadata.
    ///
    /// # Errors
    /// When it is not a pointer, was harmed, or is of a newer program.
    pub fn decode(text: &str) -> Result<Self, ImageError> {
        let bytes = unhex(text).ok_or(ImageError::NotAPointer)?;
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or(ImageError::NotAPointer)?;
        let (found, expected) = (crc32c::crc32c(body), u32::from_le_bytes(*crc));
        if found != expected {
            return Err(ImageError::Checksum { found, expected });
        }
        let mut reader = Reader { bytes: body };
        match reader.take::<1>() {
            Some([POINTER_FORMAT]) => Self::read(&mut reader).ok_or(ImageError::NotAPointer),
            Some([format]) => Err(ImageError::Format(format)),
            None => Err(ImageError::NotAPointer),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let versions = Versions {
            schema: reader.take().map(u16::from_le_bytes)?,
            logic: reader.take().map(u16::from_le_bytes)?,
        };
        let cut_at = Offset(reader.take().map(i64::from_le_bytes)?);
        let first_chunk = Offset(reader.take().map(i64::from_le_bytes)?);
        let chunks = reader.take().map(u32::from_le_bytes)?;
        Some(Self {
            versions,
            cut_at,
            image: (first_chunk.0 >= 0).then_some(ImageAt { first_chunk, chunks }),
            sequence: reader.take().map(u64::from_le_bytes)?,
            steps: reader.take().map(u32::from_le_bytes)?,
        })
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() {
        return None;
    }
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Takes fixed-size pieces off the front of some bytes.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (piece, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer() -> Pointer {
        Pointer {
            versions: Versions { schema: 1, logic: 7 },
            cut_at: Offset(1234),
            image: Some(ImageAt { first_chunk: Offset(99), chunks: 3 }),
            sequence: 12,
            steps: 2,
        }
    }

    #[test]
    fn a_pointer_is_of_fixed_size_and_reads_back() {
        let none = Pointer { image: None, sequence: 0, ..pointer() };
        assert_eq!(pointer().encode().len(), none.encode().len());
        for given in [pointer(), none] {
            assert_eq!(Pointer::decode(&given.encode()), Ok(given));
        }
    }

    #[test]
    fn every_flipped_digit_of_a_pointer_is_noticed() {
        let text = pointer().encode();
        for at in 0..text.len() {
            let mut harmed = text.clone().into_bytes();
            harmed[at] = if harmed[at] == b'0' { b'1' } else { b'0' };
            assert!(Pointer::decode(std::str::from_utf8(&harmed).unwrap()).is_err(), "digit {at}");
        }
        assert_eq!(Pointer::decode("someone else's"), Err(ImageError::NotAPointer));
    }

    #[test]
    fn every_harmed_byte_of_a_chunk_is_noticed() {
        let header = ChunkHeader {
            versions: Versions { schema: 1, logic: 1 },
            sequence: 5,
            cut_at: Offset(77),
            index: 2,
            last: true,
        };
        let mut bytes = ChunkHeader::begin();
        assert!(EntryWriter::new(&mut bytes, 3, 10).push(b"entry"));
        header.seal(&mut bytes);
        let (read, body) = ChunkHeader::open(&bytes).unwrap();
        assert_eq!((read, entries(body).next()), (header, Some(Ok((3, &b"entry"[..])))));
        for at in 0..bytes.len() {
            let mut harmed = bytes.clone();
            harmed[at] ^= 0x20;
            assert!(ChunkHeader::open(&harmed).is_err(), "byte {at}");
        }
        for length in 0..bytes.len() {
            assert!(ChunkHeader::open(&bytes[..length]).is_err(), "length {length}");
        }
    }
}
