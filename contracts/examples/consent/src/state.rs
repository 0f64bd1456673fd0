//! One value per patient, because `permits` must read as little as possible: one read decides, a second one only
//! where a rule is about a role.

use nectar_sdk::{Map, PatientHandle, PublicKey};

use crate::msg::Role;
use crate::policy::Directives;

pub(crate) const DIRECTIVES: Map<PatientHandle, Directives> = Map::new("d");
pub(crate) const ROLES: Map<PublicKey, Role> = Map::new("r");
