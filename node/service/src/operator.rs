//! Orders of the operator.

use std::collections::BTreeSet;

use nectar_abi::{NetworkId, PublicKey};
use nectar_capability::{Directive, Refusal, RefusalReason, verify_directive};
use parking_lot::Mutex;

use crate::api::SETTLE;

/// Orders that are remembered until they expire; more at a time are refused.
const MAX_REMEMBERED: usize = 1024;

/// Takes orders of one key, each once. What was taken is forgotten when the node stops: an order that is repeated within its
/// two minutes after a restart settles what would be settled anyway.
#[derive(Debug)]
pub(crate) struct Operator {
    key: PublicKey,
    dsp: PublicKey,
    network: NetworkId,
    taken: Mutex<BTreeSet<(u64, [u8; 16])>>,
}

impl Operator {
    pub(crate) const fn new(key: PublicKey, dsp: PublicKey, network: NetworkId) -> Self {
        Self { key, dsp, network, taken: Mutex::new(BTreeSet::new()) }
    }

    /// Whether these bytes are the operator's order to settle, now and for the first time.
    pub(crate) fn orders_settlement(&self, bytes: &[u8], now: u64) -> Result<(), Refusal> {
        let order = verify_directive(bytes, now, self.network, self.dsp)?;
        if order.signer != self.key {
            return Err(RefusalReason::WrongIssuer.into());
        }
        match &order.directive {
            Directive::Operate { action } if action == SETTLE => {}
            _ => return Err(RefusalReason::Malformed.into()),
        }
        let mut taken = self.taken.lock();
        taken.retain(|(expires, _)| *expires > now);
        if taken.len() >= MAX_REMEMBERED || !taken.insert((order.expires, order.nonce)) {
            return Err(RefusalReason::Replayed.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare;
    use nectar_capability::{Destination, SigningKey};

    #[test]
    fn only_the_operators_order_to_settle_counts_and_only_once() {
        let (operator, dsp) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap().public());
        let to = Destination { network: NetworkId::CONTRACTS, dsp };
        let door = Operator::new(operator.public(), dsp, to.network);
        let now = prepare::now();

        let order = prepare::settle(&operator, to).unwrap();
        assert!(door.orders_settlement(&order, now).is_ok());
        let again = door.orders_settlement(&order, now).unwrap_err();
        assert_eq!(again.reason(), RefusalReason::Replayed);
        assert!(door.orders_settlement(&order, now + 600).is_err(), "expired");

        let stranger = prepare::settle(&SigningKey::generate().unwrap(), to).unwrap();
        assert_eq!(door.orders_settlement(&stranger, now).unwrap_err().reason(), RefusalReason::WrongIssuer);
        let other = Directive::Operate { action: "halt".into() };
        let other = prepare::directive(&operator, to, &other).unwrap();
        assert_eq!(door.orders_settlement(&other, now).unwrap_err().reason(), RefusalReason::Malformed);
        let elsewhere = Destination { network: NetworkId(9), dsp };
        assert!(door.orders_settlement(&prepare::settle(&operator, elsewhere).unwrap(), now).is_err());
    }
}
