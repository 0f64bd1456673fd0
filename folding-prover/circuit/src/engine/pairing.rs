use halo2curves::CurveAffine;
use halo2curves::bn256::{Fq, Fq2};
use nova_snark::provider::traits::{DlogGroup, PairingGroup};

use super::{G2Affine, Point};

/// Length of a point of the second group.
pub(super) const G2_LEN: usize = 128;

/// x.c0, x.c1, y.c0, y.c1: 32 bytes each, big-endian.
pub fn g2_to_bytes(point: &G2Affine) -> Option<[u8; G2_LEN]> {
    let mut out = [0; G2_LEN];
    let coordinates = [point.x.c0(), point.x.c1(), point.y.c0(), point.y.c1()];
    for (to, coordinate) in out.chunks_exact_mut(32).zip(coordinates) {
        let bytes: [u8; 32] = ff::PrimeField::to_repr(coordinate).into();
        to.iter_mut().zip(bytes.into_iter().rev()).for_each(|(to, from)| *to = from);
    }
    Some(out)
}

/// Reads [`g2_to_bytes`]; `None` for what is not on the curve. That the point is in the group must be known already.
pub(super) fn g2_from_bytes(bytes: &[u8; G2_LEN]) -> Option<G2Affine> {
    let mut coordinates = [Fq::default(); 4];
    for (to, from) in coordinates.iter_mut().zip(bytes.chunks_exact(32)) {
        let mut little: [u8; 32] = from.try_into().ok()?;
        little.reverse();
        *to = Option::from(ff::PrimeField::from_repr(little.into()))?;
    }
    let [x0, x1, y0, y1] = coordinates;
    G2Affine::from_xy(Fq2::new(x0, x1), Fq2::new(y0, y1)).into()
}

/// Whether `e(left, H) = e(right, tau H)`, H being the generator of the second group.
pub fn pairs_equally(left: &Point, right: &Point, tau: &G2Affine) -> bool {
    type G2 = <Point as PairingGroup>::G2;
    Point::pairing(left, &G2::r#gen()) == Point::pairing(right, &G2::group(tau))
}
