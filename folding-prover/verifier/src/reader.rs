use nectar_circuit::engine::{Affine, POINT_LEN, point_from_bytes};
use nectar_commitment::{Fr, from_bytes};

use crate::DecodeError;

/// Reads fixed-length parts and remembers where it is.
pub(crate) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    fn at(&self) -> usize {
        self.all.len().saturating_sub(self.rest.len())
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let short = DecodeError::Length { expected: self.at().saturating_add(n), got: self.all.len() };
        let (head, tail) = self.rest.split_at_checked(n).ok_or(short)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| DecodeError::Length { expected: N, got: bytes.len() })
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn scalar(&mut self) -> Result<Fr, DecodeError> {
        let at = self.at();
        from_bytes(&self.array()?).ok_or(DecodeError::Scalar { at })
    }

    pub(crate) fn point(&mut self) -> Result<Affine, DecodeError> {
        let at = self.at();
        point_from_bytes(&self.array::<POINT_LEN>()?).ok_or(DecodeError::Point { at })
    }

    pub(crate) fn points(&mut self, n: usize) -> Result<Vec<Affine>, DecodeError> {
        (0..n).map(|_| self.point()).collect()
    }

    /// Magic, then version.
    pub(crate) fn header(
        &mut self,
        magic: [u8; 4],
        version: u8,
        expected: &'static str,
    ) -> Result<(), DecodeError> {
        if self.array::<4>().ok() != Some(magic) {
            return Err(DecodeError::Magic { expected });
        }
        let got = self.byte()?;
        if got != version {
            return Err(DecodeError::Version { expected: version, got });
        }
        Ok(())
    }
}
