//! One entry per resource and nothing beside it: counters and indices would cost more to prove with every write than the
//! scans that they save.

use nectar_sdk::limits::{MAX_MESSAGE_BYTES, MAX_VALUE_BYTES};
use nectar_sdk::{ContractId, Item, Map, PatientHandle, Raw};

/// Largest resource, in bytes.
pub const MAX_RESOURCE_BYTES: usize = MAX_VALUE_BYTES;
/// Most entries that one message stores.
pub const MAX_ENTRIES: usize = 128;
/// Most bytes that one message stores: what a message may have, less what goes around the resources.
pub const MAX_BATCH_BYTES: usize = MAX_MESSAGE_BYTES - 32 * 1024;
/// Ids per page, unless the query says.
pub const DEFAULT_PAGE: usize = 100;
/// Most ids per page.
pub const MAX_PAGE: usize = 256;
/// Most resources that a summary counts.
pub const MAX_SUMMARY: usize = 1024;

/// The consent contract.
pub(crate) const CONSENT: Item<ContractId> = Item::new("c");
/// Resources by patient, type and id.
pub(crate) const RESOURCES: Map<(PatientHandle, &str, &str), Vec<u8>, Raw> = Map::new("r");
