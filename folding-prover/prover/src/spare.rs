use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fold::Random;

/// Room for one random instance that is made before the proof it is for.
///
/// Whoever takes it out has it alone, and there is no way to put it back: folded into two proofs, it would be two equations
/// in one unknown, and their folded witnesses would tell of the batches.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Option<Box<Random>>>);

impl Spare {
    /// Whether there is one.
    pub(crate) fn is_made(&self) -> bool {
        self.lock().is_some()
    }

    /// Keeps it, unless there is one already.
    pub(crate) fn keep(&self, random: Random) {
        self.lock().get_or_insert_with(|| Box::new(random));
    }

    pub(crate) fn take(&self) -> Option<Random> {
        self.lock().take().map(|random| *random)
    }

    /// Nothing is computed under the lock, so whoever died with it left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Option<Box<Random>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use nectar_circuit::engine::Affine;
    use nectar_verifier::{Proof, verify};

    use crate::testing::{Tally, short_batch, tally_batch};
    use crate::{Phase, Progress, ProveError, ProverKey, Timings, prove, prove_phased};

    fn phased_key() -> ProverKey<Tally> {
        ProverKey::development(Tally::new(1)).unwrap()
    }

    fn attempt(key: &ProverKey<Tally>, progress: &dyn Progress) -> Result<(Proof, Timings), ProveError> {
        let (statement, exchanges) = tally_batch(key.circuit(), 2);
        let proven = prove_phased(key, &statement, 2, |i| exchanges[i].clone(), progress)?;
        verify(key.verifier(), &statement, &proven.0).unwrap();
        Ok(proven)
    }

    /// Commitment to the spare one.
    fn spare<C>(key: &ProverKey<C>) -> Option<Affine> {
        key.spare.lock().as_ref().map(|random| random.public.comm_w)
    }

    /// Lets a proof be asked so many times whether it is cancelled, and then says yes.
    struct Patience(AtomicUsize);

    impl Progress for Patience {
        fn advance(&self, _: Phase, _: usize, _: Option<usize>) {}

        fn cancelled(&self) -> bool {
            let left = |left: usize| left.checked_sub(1);
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_err()
        }
    }

    #[test]
    fn a_spare_instance_is_in_one_proof_and_the_next_one_has_another() {
        let key = phased_key();
        assert!(!key.is_prepared());
        key.prepare().unwrap();
        let made = spare(&key).unwrap();
        key.prepare().unwrap();
        assert_eq!(spare(&key), Some(made), "kept, not made again");

        let (first, timings) = attempt(&key, &()).unwrap();
        assert_eq!((first.random.comm_w, timings.random_ms), (made, 0));
        assert!(!key.is_prepared(), "taken out");
        let (second, _) = attempt(&key, &()).unwrap();
        let differ = [
            first.random.comm_w != second.random.comm_w,
            first.random.comm_e != second.random.comm_e,
            first.random.u != second.random.u,
            first.random.x.iter().zip(&second.random.x).all(|(one, other)| one != other),
            first.second.unwrap().random != second.second.unwrap().random,
        ];
        assert_eq!(differ, [true; 5]);
        key.prepare().unwrap();
        assert!(spare(&key).is_some_and(|another| another != made));
    }

    #[test]
    fn proofs_of_one_phase_take_the_spare_instance_too() {
        let key = ProverKey::development(nectar_circuit::Circuit::new(1)).unwrap();
        let short = short_batch();
        let one = || prove(&key, &short.statement, short.slots.iter().cloned(), &()).unwrap();
        key.prepare().unwrap();
        let made = spare(&key).unwrap();
        let [(first, spared), (second, _)] = [one(), one()];
        assert_eq!((first.random.comm_w, spared.random_ms), (made, 0));
        assert_ne!(second.random.comm_w, made);
        [first, second].iter().for_each(|proof| verify(key.verifier(), &short.statement, proof).unwrap());
    }

    #[test]
    fn the_instance_of_a_proof_that_was_cancelled_is_in_no_other() {
        let key = phased_key();
        key.prepare().unwrap();
        let made = spare(&key).unwrap();
        // Asked before sealing, before compressing: an attempt that was told yes in between has used it.
        let spent = (0..).find(|asked| {
            let stopped = attempt(&key, &Patience(AtomicUsize::new(*asked)));
            assert!(matches!(stopped, Err(ProveError::Cancelled)), "{asked}");
            !key.is_prepared()
        });
        assert!(spent.is_some_and(|asked| asked > 1), "what stopped before sealing took nothing");
        let (proof, _) = attempt(&key, &()).unwrap();
        assert_ne!(proof.random.comm_w, made);
    }

    #[test]
    fn proofs_made_side_by_side_share_no_instance() {
        let key = phased_key();
        key.prepare().unwrap();
        let made = spare(&key).unwrap();
        let proofs: Vec<Affine> = std::thread::scope(|scope| {
            let prove = || attempt(&key, &()).unwrap().0.random.comm_w;
            let prepare = scope.spawn(|| key.prepare().unwrap());
            let both = [scope.spawn(prove), scope.spawn(prove)];
            prepare.join().unwrap();
            both.into_iter().map(|proof| proof.join().unwrap()).collect()
        });
        assert!(proofs[0] != proofs[1] && proofs.contains(&made) && spare(&key) != Some(made));
    }

    #[test]
    fn keys_beside_a_prepared_one_have_no_spare_and_debug_says_nothing_of_it() {
        let key = phased_key();
        let before = format!("{key:?}");
        key.prepare().unwrap();
        assert_eq!(format!("{key:?}"), before);
        assert!(!key.beside(Tally::new(1)).unwrap().is_prepared());
    }
}
