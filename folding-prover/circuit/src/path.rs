use ff::Field;
use nectar_commitment::{ARITY, DEPTH, Domain, Fr, Siblings};

use crate::builder::Builder;
use crate::lc::{Lc, Var};
use crate::poseidon::{Input, Tag, hash};

/// Roots before and after one leaf changes, and the leaf's position.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub(crate) old_root: Var,
    pub(crate) new_root: Var,
    pub(crate) index: Lc,
}

/// Both roots over the same siblings.
///
/// Per level: `s_0 + .. + s_3 = 1` booleans choose the child; `s_j (a_j - old) = 0` for the four old children;
/// `s_j (new - old) = b_j - a_j` for the new ones.
pub(crate) fn path<B: Builder>(b: &mut B, old: Var, new: Var, index: u32, siblings: &Siblings) -> Path {
    let (mut old, mut new) = (old, new);
    let mut position = Lc::default();
    let mut weight = Fr::ONE;
    for (level, others) in siblings.iter().enumerate() {
        let digit = (index as usize >> (2 * level)) % ARITY;
        let choice: [Var; ARITY] = std::array::from_fn(|j| b.boolean(j == digit));
        b.zero(|| choice.iter().map(|s| Lc::from(*s)).sum::<Lc>() - Lc::one());
        position = (1..ARITY).fold(position, |sum, j| sum + choice[j] * (weight * Fr::from(j as u64)));
        weight *= Fr::from(ARITY as u64);

        let mut rest = others.iter();
        let before: [Input; ARITY] = std::array::from_fn(|j| {
            let value = if j == digit { old.value } else { rest.next().copied().unwrap_or_default() };
            Input::free(b, j, value)
        });
        let after: [Input; ARITY] = std::array::from_fn(|j| {
            let value = if j == digit { new.value } else { before[j].value() };
            Input::free(b, j, value)
        });
        for j in 0..ARITY {
            b.zero_if(choice[j].into(), || before[j].lc() - old);
            b.enforce(|| (choice[j].into(), new - old, after[j].lc() - before[j].lc()));
        }
        old = hash(b, Tag::Fixed(Domain::Node), before);
        new = hash(b, Tag::Fixed(Domain::Node), after);
    }
    debug_assert_eq!(siblings.len(), DEPTH);
    Path { old_root: old, new_root: new, index: position }
}
