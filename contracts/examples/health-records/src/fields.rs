//! What the 64 bits of a grant's field mask mean here: one bit for each type of resource. A bit never changes its meaning,
//! and a type never moves out of [`OTHER`], because grants that are out already name bits.
//!
//! | bit | type | bit | type | bit | type |
//! |---|---|---|---|---|---|
//! | 0 | Patient | 11 | Organization | 22 | Goal |
//! | 1 | Observation | 12 | Practitioner | 23 | ImmunizationRecommendation |
//! | 2 | Condition | 13 | AllergyIntolerance | 24 | ImagingStudy |
//! | 3 | Encounter | 14 | Medication | 25 | Location |
//! | 4 | Immunization | 15 | MedicationAdministration | 26 | Media |
//! | 5 | Procedure | 16 | MedicationDispense | 27 | PractitionerRole |
//! | 6 | MedicationRequest | 17 | MedicationStatement | 28 | Provenance |
//! | 7 | DiagnosticReport | 18 | CareTeam | 29 | ServiceRequest |
//! | 8 | CarePlan | 19 | Coverage | 30 | Specimen |
//! | 9 | Claim | 20 | Device | 31 | FamilyMemberHistory |
//! | 10 | ExplanationOfBenefit | 21 | DocumentReference | 63 | every other type |

use nectar_sdk::FieldMask;

/// Types with a bit of their own, in order of their bits.
pub const TYPES: [&str; 32] = [
    "Patient",
    "Observation",
    "Condition",
    "Encounter",
    "Immunization",
    "Procedure",
    "MedicationRequest",
    "DiagnosticReport",
    "CarePlan",
    "Claim",
    "ExplanationOfBenefit",
    "Organization",
    "Practitioner",
    "AllergyIntolerance",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationStatement",
    "CareTeam",
    "Coverage",
    "Device",
    "DocumentReference",
    "Goal",
    "ImmunizationRecommendation",
    "ImagingStudy",
    "Location",
    "Media",
    "PractitionerRole",
    "Provenance",
    "ServiceRequest",
    "Specimen",
    "FamilyMemberHistory",
];

/// Every type that has no bit of its own.
pub const OTHER: FieldMask = FieldMask::bit(63);

/// Every bit that means something here.
pub const EVERY: FieldMask = FieldMask(0xffff_ffff).union(OTHER);

/// The field of a resource type.
pub fn field_of(resource_type: &str) -> FieldMask {
    let bit = TYPES.iter().zip(0..).find(|(known, _)| **known == resource_type);
    bit.map_or(OTHER, |(_, bit)| FieldMask::bit(bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_own_bit_and_all_others_share_one() {
        assert_eq!(field_of("Patient"), FieldMask(1));
        assert_eq!(field_of("Observation"), FieldMask(2));
        assert_eq!(field_of("Practitioner"), FieldMask(1 << 12));
        assert_eq!(field_of("FamilyMemberHistory"), FieldMask(1 << 31));
        assert_eq!(field_of("observation"), OTHER);
        assert_eq!(field_of("Basic"), OTHER);
        let all = TYPES.iter().fold(OTHER, |mask, known| mask.union(field_of(known)));
        assert_eq!(all, EVERY);
        assert_eq!(all.0.count_ones(), 33);
    }
}
