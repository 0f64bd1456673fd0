use nectar_abi::ContractId;
use zeroize::Zeroizing;

use super::{Committed, Session};
use crate::contract::{Contract, PlainKey, Range};
use crate::error::{Part, StateError};
use crate::layout;
use crate::record::StateRecord;

impl Session {
    /// Live keys in order: the stored ones, with this session's laid over them.
    pub(super) fn keys_between(
        &self,
        id: &ContractId,
        range: Range<'_>,
        descending: bool,
        limit: usize,
    ) -> Vec<PlainKey> {
        let own = self.state.get(id);
        let stored = self.turn.contracts.get(id).map(|contract| &contract.index);
        let mut own = directed(own.into_iter().flat_map(|map| map.range::<[u8], _>(range)), descending);
        let mut stored = directed(stored.into_iter().flat_map(|map| map.range::<[u8], _>(range)), descending);
        let mut keys = Vec::new();
        let (mut next_own, mut next_stored) = (own.next(), stored.next());
        while keys.len() < limit {
            let own_first = match (&next_own, &next_stored) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((a, _)), Some((b, _))) if a == b => {
                    next_stored = stored.next();
                    true
                }
                (Some((a, _)), Some((b, _))) => (a < b) != descending,
            };
            if own_first {
                keys.extend(next_own.filter(|(_, value)| value.is_some()).map(|(key, _)| key.clone()));
                next_own = own.next();
            } else {
                keys.extend(next_stored.filter(|(_, entry)| entry.live).map(|(key, _)| key.clone()));
                next_stored = stored.next();
            }
        }
        keys
    }

    pub(super) fn lookup(&self, id: &ContractId, key: &[u8]) -> Result<Option<Committed>, StateError> {
        if let Some(value) = self.state.get(id).and_then(|map| map.get(key)) {
            return Ok(value.clone());
        }
        let Some(contract) = self.turn.contracts.get(id) else { return Ok(None) };
        let Some(entry) = contract.index.get(key).filter(|entry| entry.live) else { return Ok(None) };
        if self.turn.closed {
            return Err(StateError::Closed);
        }
        let altered = || StateError::Tampered(Part::State);
        let at = layout::state(&contract.vault.scope(), &Contract::state_name(&contract.vault, key));
        let stored = self.shared.backend.get(&at)?.ok_or_else(altered)?;
        if self.shared.stamps.stamp(&at, &stored) != entry.stored.stamp {
            return Err(altered());
        }
        let (_, body) = contract.vault.decrypt(&at, &stored, Part::State)?;
        let record = StateRecord::decode(&body).ok_or_else(altered)?;
        let bytes = Zeroizing::new(record.value.ok_or_else(altered)?.to_vec());
        Ok(Some(Committed { bytes, salt: record.salt }))
    }
}

fn directed<'a, T: 'a>(
    items: impl DoubleEndedIterator<Item = T> + 'a,
    descending: bool,
) -> Box<dyn Iterator<Item = T> + 'a> {
    if descending { Box::new(items.rev()) } else { Box::new(items) }
}
