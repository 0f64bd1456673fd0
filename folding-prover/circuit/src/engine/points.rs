use ff::{Field, PrimeField};
use halo2curves::CurveAffine;
use nova_snark::provider::traits::DlogGroup;

use super::{Affine, Base, Commitment};

/// Length of [`point_to_bytes`].
pub const POINT_LEN: usize = 64;

/// x and y, 32 bytes each, big-endian.
pub fn point_to_bytes(point: &Affine) -> [u8; POINT_LEN] {
    let mut out = [0; POINT_LEN];
    let (x, y): ([u8; 32], [u8; 32]) = (point.x.to_repr().into(), point.y.to_repr().into());
    let coordinates = x.into_iter().rev().chain(y.into_iter().rev());
    out.iter_mut().zip(coordinates).for_each(|(to, from)| *to = from);
    out
}

/// Reads what [`point_to_bytes`] wrote; `None` for coordinates that are not reduced, points that are not on the
/// curve, and the identity, which no honest proof contains.
pub fn point_from_bytes(bytes: &[u8; POINT_LEN]) -> Option<Affine> {
    let (x, y) = bytes.split_at_checked(32)?;
    let (x, y) = (base_from_bytes(x)?, base_from_bytes(y)?);
    if x == Base::ZERO && y == Base::ZERO {
        return None;
    }
    Affine::from_xy(x, y).into()
}

fn base_from_bytes(bytes: &[u8]) -> Option<Base> {
    let mut little: [u8; 32] = bytes.try_into().ok()?;
    little.reverse();
    Base::from_repr(little.into()).into()
}

/// The point of a commitment.
pub fn commitment_to_point(commitment: &Commitment) -> Affine {
    commitment.into_inner().affine()
}

/// The commitment that is this point.
pub fn commitment_from_point(point: &Affine) -> Commitment {
    Commitment::new(super::Point::group(point))
}
