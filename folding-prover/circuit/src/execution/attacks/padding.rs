//! Padded batches: all that a batch has is in them, and they end as it does.

use ff::Field;
use nectar_commitment::{Fr, to_bytes};

use super::forgery::{Forged, Forgery, Stage};
use super::verifier::{HONESTLY, Verifier};
use crate::execution::batch::{Arranged, bucket};
use crate::execution::bus::Tag;
use crate::execution::chunk::log;

impl Stage {
    /// The honest batch in as many chunks as it fits, padded.
    fn padded(&self) -> (usize, Forgery) {
        let arranged = Arranged::of(self.contents.clone(), self.circuit.size()).unwrap();
        let fits = arranged.chunks();
        let arranged = arranged.padded();
        let chunk = |number| Forged { contents: arranged.chunk(number), tampered: Vec::new() };
        let chunks = (0..arranged.chunks()).map(chunk).collect();
        (fits, Forgery { chunks, statement: self.statement })
    }
}

/// What goes over the bus beside lookups, in any order.
fn said(chunks: &[Forged]) -> Vec<(Tag, [u8; 32], Vec<[u8; 32]>)> {
    let mut all = Vec::new();
    for Forged { contents, .. } in chunks {
        for (tag, m, fields) in log(&contents.contents, Fr::ONE) {
            if ![Tag::Limb, Tag::And, Tag::Power, Tag::Operation].contains(&tag) {
                all.push((tag, to_bytes(&m), fields.iter().map(to_bytes).collect()));
            }
        }
    }
    all.sort_unstable();
    all
}

#[test]
fn padded_batches_have_all_that_batches_have_and_end_as_they_do() {
    let mut empty = 0;
    for parts in 1..=9 {
        let stage = Stage::of(parts);
        let (fits, padded) = stage.padded();
        assert_eq!(padded.chunks.len(), bucket(fits));
        assert_eq!(stage.refuses(&padded), None, "{fits} chunks");
        let truth = stage.truth();
        assert_eq!(truth.chunks.len(), fits);
        assert_eq!(said(&padded.chunks), said(&truth.chunks), "{fits} chunks");
        assert_eq!(said(&padded.chunks[fits..]), []);
        empty += padded.chunks.len() - fits;
    }
    assert!(empty > 2, "{empty} chunks of padding tried");
}

#[test]
fn a_padded_proof_is_accepted() {
    let stage = Stage::of(9);
    let (fits, padded) = stage.padded();
    assert!(padded.chunks.len() > fits);
    Verifier::new(&stage, HONESTLY).judges(&padded).unwrap();
}
