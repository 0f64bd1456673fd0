//! Deterministic CBOR (RFC 8949, section 4.2.1), pulled item by item: no recursion, and nothing is allocated before
//! its length is within a limit.
//!
//! [`Reader`] alone does not notice long integers or trailing bytes. Every decoder therefore encodes again what it has
//! read and compares: one value, one encoding.

use std::convert::Infallible;

use ciborium_io::{Read as _, Write};
use ciborium_ll::{Decoder, Encoder, Header};

/// The bytes are not the one encoding of anything that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

struct Sink<'a>(&'a mut Vec<u8>);

impl Write for Sink<'_> {
    type Error = Infallible;

    fn write_all(&mut self, data: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Writes definite lengths and shortest integers; the order of map keys is the caller's.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    fn push(&mut self, header: Header) -> &mut Self {
        let Ok(()) = Encoder::from(Sink(&mut self.0)).push(header);
        self
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.push(Header::Positive(value))
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.push(integer(value))
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.push(Header::Bytes(Some(value.len())));
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.push(Header::Text(Some(value.len())));
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    pub(crate) fn array(&mut self, items: usize) -> &mut Self {
        self.push(Header::Array(Some(items)))
    }

    pub(crate) fn map(&mut self, entries: usize) -> &mut Self {
        self.push(Header::Map(Some(entries)))
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.push(Header::Tag(tag))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A negative integer n is carried as -1 - n (RFC 8949, section 3.1).
fn integer(value: i64) -> Header {
    if value < 0 { Header::Negative((!value).unsigned_abs()) } else { Header::Positive(value.unsigned_abs()) }
}

/// The entries of a map that are still to come.
#[derive(Debug)]
pub(crate) struct Entries(usize);

impl Entries {
    /// Nothing may be left: unknown and repeated claims end here.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0 == 0 { Ok(()) } else { Err(Malformed) }
    }
}

pub(crate) struct Reader<'a> {
    decoder: Decoder<&'a [u8]>,
    peeked: Option<Header>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { decoder: Decoder::from(bytes), peeked: None }
    }

    fn next(&mut self) -> Result<Header, Malformed> {
        match self.peeked.take() {
            Some(header) => Ok(header),
            None => self.decoder.pull().map_err(|_| Malformed),
        }
    }

    fn expect(&mut self, expected: Header) -> Result<(), Malformed> {
        if self.next()? == expected { Ok(()) } else { Err(Malformed) }
    }

    fn body(&mut self, len: usize, limit: usize) -> Result<Vec<u8>, Malformed> {
        if len > limit {
            return Err(Malformed);
        }
        let mut body = vec![0; len];
        self.decoder.read_exact(&mut body).map_err(|_| Malformed)?;
        Ok(body)
    }

    pub(crate) fn uint(&mut self) -> Result<u64, Malformed> {
        match self.next()? {
            Header::Positive(value) => Ok(value),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn int(&mut self, expected: i64) -> Result<(), Malformed> {
        self.expect(integer(expected))
    }

    pub(crate) fn tag(&mut self, expected: u64) -> Result<(), Malformed> {
        self.expect(Header::Tag(expected))
    }

    pub(crate) fn bytes(&mut self, limit: usize) -> Result<Vec<u8>, Malformed> {
        match self.next()? {
            Header::Bytes(Some(len)) => self.body(len, limit),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.expect(Header::Bytes(Some(N)))?;
        let mut bytes = [0; N];
        self.decoder.read_exact(&mut bytes).map_err(|_| Malformed)?;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self, limit: usize) -> Result<String, Malformed> {
        match self.next()? {
            Header::Text(Some(len)) => String::from_utf8(self.body(len, limit)?).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn array(&mut self, limit: usize) -> Result<usize, Malformed> {
        match self.next()? {
            Header::Array(Some(items)) if items <= limit => Ok(items),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn array_of(&mut self, items: usize) -> Result<(), Malformed> {
        self.expect(Header::Array(Some(items)))
    }

    pub(crate) fn map(&mut self, limit: usize) -> Result<Entries, Malformed> {
        match self.next()? {
            Header::Map(Some(entries)) if entries <= limit => Ok(Entries(entries)),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn map_of(&mut self, entries: usize) -> Result<(), Malformed> {
        self.expect(Header::Map(Some(entries)))
    }

    /// The next key of the map is this one.
    pub(crate) fn key(&mut self, entries: &mut Entries, key: i64) -> Result<(), Malformed> {
        if self.key_if(entries, key)? { Ok(()) } else { Err(Malformed) }
    }

    /// Whether the next key of the map is this one; if not, it stays.
    pub(crate) fn key_if(&mut self, entries: &mut Entries, key: i64) -> Result<bool, Malformed> {
        let Some(left) = entries.0.checked_sub(1) else { return Ok(false) };
        let header = self.next()?;
        if header == integer(key) {
            entries.0 = left;
            return Ok(true);
        }
        self.peeked = Some(header);
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_are_written_as_another_encoder_writes_them(value: i64, unsigned: u64) {
            let mut writer = Writer::default();
            writer.array(2).int(value).uint(unsigned);
            let mut expected = Vec::new();
            ciborium::into_writer(&Value::Array(vec![value.into(), unsigned.into()]), &mut expected).unwrap();
            prop_assert_eq!(&writer.finish(), &expected);
            let mut reader = Reader::new(&expected);
            prop_assert_eq!(reader.array_of(2), Ok(()));
            prop_assert_eq!(reader.int(value), Ok(()));
            prop_assert_eq!(reader.uint(), Ok(unsigned));
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = Reader::new(&bytes).bytes(64);
            let _ = Reader::new(&bytes).text(64);
            let _ = Reader::new(&bytes).fixed::<32>();
            let _ = Reader::new(&bytes).map(9).map(|mut e| Reader::new(&bytes).key(&mut e, -1));
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_it_is_allocated() {
        let claims_four_gigabytes = [0x5a, 0xff, 0xff, 0xff, 0xff, 0x00];
        assert_eq!(Reader::new(&claims_four_gigabytes).bytes(1024), Err(Malformed));
    }

    #[test]
    fn indefinite_lengths_are_refused() {
        assert_eq!(Reader::new(&[0x5f, 0x41, 0x00, 0xff]).bytes(9), Err(Malformed));
        assert_eq!(Reader::new(&[0x7f, 0x61, 0x61, 0xff]).text(9), Err(Malformed));
        assert_eq!(Reader::new(&[0x9f, 0xff]).array(9), Err(Malformed));
        assert!(Reader::new(&[0xbf, 0xff]).map(9).is_err());
    }
}
