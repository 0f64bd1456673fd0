use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use halo2curves::group::Group;
use nectar_circuit::engine::{
    CommitmentKey, DlogGroup, PairingGroup, Point, combine, generator, load_powers_of_tau,
};
use nectar_commitment::Fr;
use rand_core::{OsRng, RngCore};

use crate::SetupError;

/// Largest ceremony.
const MAX_POWER: u32 = 28;
/// Bytes of a coordinate.
const COORDINATE: u32 = 32;

/// Reads `points` powers of tau from the smallest file in `dir` that has them, and checks that they are powers.
pub(crate) fn load(dir: &Path, points: usize) -> Result<CommitmentKey, SetupError> {
    let points = points.next_power_of_two();
    let power = points.trailing_zeros();
    let path = find(dir, power).ok_or_else(|| SetupError::NoFile { dir: dir.to_owned(), power })?;
    let read = |error| SetupError::Read { path: path.clone(), error };
    let refuse = |reason| SetupError::Ptau { path: path.clone(), reason };
    let mut reader = BufReader::with_capacity(1 << 20, File::open(&path).map_err(read)?);
    check_sections(&mut reader, points).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => refuse("its sections are malformed or too short"),
        _ => read(error),
    })?;
    reader.seek(SeekFrom::Start(0)).map_err(read)?;
    let key = load_powers_of_tau(&mut reader, points)
        .map_err(|_| refuse("its points are not on the curve, or its header is of another curve"))?;
    if !are_powers(&key) {
        return Err(refuse("its points are not the powers of one tau"));
    }
    Ok(key)
}

fn find(dir: &Path, power: u32) -> Option<PathBuf> {
    (power..=MAX_POWER)
        .flat_map(|power| [format!("ppot_pruned_{power:02}.ptau"), format!("ppot_0080_{power:02}.ptau")])
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
}

/// The file has a header and enough points in both groups: nova-snark's reader takes that for granted.
fn check_sections(reader: &mut (impl Read + Seek), points: usize) -> std::io::Result<()> {
    let malformed = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let mut head = [0; 12];
    reader.read_exact(&mut head)?;
    let sections = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    if &head[..4] != b"ptau" || ![3, 11].contains(&sections) {
        return Err(malformed());
    }
    let needed = [0, 0, 64 * points as u64, 128 * 2];
    let mut found = [false; 4];
    for _ in 0..sections {
        let (mut id, mut size) = ([0; 4], [0; 8]);
        reader.read_exact(&mut id)?;
        reader.read_exact(&mut size)?;
        let (id, size) = (u32::from_le_bytes(id), u64::from_le_bytes(size));
        let start = reader.stream_position()?;
        if id == 1 {
            let mut coordinate = [0; 4];
            reader.read_exact(&mut coordinate)?;
            if u32::from_le_bytes(coordinate) != COORDINATE {
                return Err(malformed());
            }
        }
        if let Some(needed) = needed.get(id as usize) {
            found[id as usize] = size >= *needed;
        }
        let next = start.checked_add(size).ok_or_else(malformed)?;
        reader.seek(SeekFrom::Start(next))?;
    }
    if found[1..].contains(&false) { Err(malformed()) } else { Ok(()) }
}

/// `e(sum of c_i P_(i+1), H) = e(sum of c_i P_i, tau H)` for random c_i of 64 bits, and `P_0` is the generator.
fn are_powers(key: &CommitmentKey) -> bool {
    let points = key.ck();
    let (Some(first), Some(rest)) = (points.first(), points.get(1..)) else { return false };
    let factors: Vec<Fr> = rest.iter().map(|_| Fr::from(OsRng.next_u64() | 1)).collect();
    let sum =
        |points: &[_]| combine(&factors.iter().copied().zip(points.iter().copied()).collect::<Vec<_>>());
    let (low, high) = (sum(points), sum(rest));
    let h = <Point as PairingGroup>::G2::generator();
    let tau_h = <<Point as PairingGroup>::G2 as DlogGroup>::group(key.tau_H());
    *first == generator()
        && !bool::from(high.is_identity())
        && Point::pairing(&high, &h) == Point::pairing(&low, &tau_h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use nectar_circuit::Circuit;
    use nectar_circuit::engine::{Affine, G2Affine, g2_times, write_ptau};
    use nectar_verifier::{Setup, development_tau, verify};

    use crate::fixed_base::FixedBase;
    use crate::testing::{prover_key, short_batch};
    use crate::{ProverKey, prove};

    const POWER: u32 = 17;

    fn powers(tau: Fr) -> Vec<Affine> {
        let scalars: Vec<Fr> =
            std::iter::successors(Some(Fr::from(1)), |p| Some(*p * tau)).take(1 << POWER).collect();
        FixedBase::new(Point::generator()).times(&scalars)
    }

    fn write(dir: &Path, g1: Vec<Affine>, g2: Vec<G2Affine>) -> PathBuf {
        let path = dir.join(format!("ppot_pruned_{POWER}.ptau"));
        write_ptau(&mut File::create(&path).unwrap(), g1, g2, POWER).unwrap();
        path
    }

    fn setup(dir: &Path) -> Result<ProverKey, SetupError> {
        ProverKey::from_ptau(Circuit::new(1), dir)
    }

    #[test]
    fn keys_from_a_powers_of_tau_file_prove_and_are_called_so() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(setup(dir.path()), Err(SetupError::NoFile { power: POWER, .. })));
        let tau = Fr::from(0x1234_5678_9abc);
        let g2 = vec![g2_times(&Fr::from(1)), g2_times(&tau)];
        let g1 = powers(tau);
        let path = write(dir.path(), g1.clone(), g2.clone());
        let key = setup(dir.path()).unwrap();
        assert_eq!(key.verifier().setup_kind(), Setup::PowersOfTau);
        let batch = short_batch();
        let (proof, _) = prove(&key, &batch.statement, batch.slots.iter().cloned(), &()).unwrap();
        verify(key.verifier(), &batch.statement, &proof).unwrap();
        assert!(verify(prover_key().verifier(), &batch.statement, &proof).is_err(), "another setup");

        let good = fs::read(&path).unwrap();
        for length in [0, 4, 11, 40, 60, good.len() / 2, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert!(
                matches!(setup(dir.path()), Err(SetupError::Ptau { .. } | SetupError::Read { .. })),
                "{length}"
            );
        }
        for at in [0, 4, 8, 12, 16, 24, 30, 300, 5000] {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            fs::write(&path, &bad).unwrap();
            assert!(setup(dir.path()).is_err(), "{at}");
        }
        let mut swapped = g1;
        swapped.swap(70_000, 70_001);
        write(dir.path(), swapped, g2);
        assert!(matches!(setup(dir.path()), Err(SetupError::Ptau { .. })));
    }

    #[test]
    fn the_development_tau_in_a_file_is_not_taken_for_a_ceremony_s() {
        let dir = tempfile::tempdir().unwrap();
        let tau = development_tau();
        write(dir.path(), powers(tau), vec![g2_times(&Fr::from(1)), g2_times(&tau)]);
        assert!(matches!(setup(dir.path()), Err(SetupError::Key)));
    }
}
