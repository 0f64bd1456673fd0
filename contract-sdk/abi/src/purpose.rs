use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The code is none that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown code")]
pub struct UnknownCode;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal, $code:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant = $number,)*
        }

        impl $name {
            /// Every value, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as text.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The number in binary encodings; never reused.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The value with this number.
            ///
            /// # Errors
            /// [`UnknownCode`]
            pub fn from_number(number: u64) -> Result<Self, UnknownCode> {
                match number { $($number => Ok(Self::$variant),)* _ => Err(UnknownCode) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl FromStr for $name {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text { $($code => Ok(Self::$variant),)* _ => Err(UnknownCode) }
            }
        }
    };
}

codes! {
    /// Purpose of use: HL7 v3 value set `PurposeOfUse`.
    Purpose {
        /// Treatment.
        Treatment = 1, "TREAT";
        /// Healthcare payment.
        Payment = 2, "HPAYMT";
        /// Healthcare operations.
        Operations = 3, "HOPERAT";
        /// Emergency treatment (break-glass).
        EmergencyTreatment = 4, "ETREAT";
        /// The patient asks for their own records.
        PatientRequest = 5, "PATRQT";
        /// Healthcare research.
        Research = 6, "HRESCH";
        /// Public health.
        PublicHealth = 7, "PUBHLTH";
    }
}

codes! {
    /// Why the disclosure is lawful.
    LegalBasis {
        /// Treatment, payment or operations: 45 CFR 164.506.
        TreatmentPaymentOperations = 1, "TPO";
        /// The patient's written authorisation: 45 CFR 164.508.
        Authorization = 2, "AUTHORIZATION";
        /// Required by law: 45 CFR 164.512(a).
        RequiredByLaw = 3, "REQUIRED_BY_LAW";
        /// The individual's right of access: 45 CFR 164.524.
        IndividualAccess = 4, "INDIVIDUAL_ACCESS";
    }
}

/// Which fields of a contract's records a grant opens: 64 bits that the contract gives their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldMask(pub u64);

impl FieldMask {
    /// Every field.
    pub const ALL: Self = Self(u64::MAX);
    /// No field.
    pub const NONE: Self = Self(0);

    /// The mask with one bit, or nothing if `bit` is above 63.
    pub const fn bit(bit: u8) -> Self {
        Self(if bit < 64 { 1 << bit } else { 0 })
    }

    /// Whether every field of `other` is open here too.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The fields of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The fields that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The fields of this one that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether no field is open.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_name_the_same_value() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.code().parse(), Ok(*purpose));
            assert_eq!(Purpose::from_number(purpose.number().into()), Ok(*purpose));
        }
        for basis in LegalBasis::ALL {
            assert_eq!(basis.code().parse(), Ok(*basis));
            assert_eq!(LegalBasis::from_number(basis.number().into()), Ok(*basis));
        }
        assert_eq!("treat".parse::<Purpose>(), Err(UnknownCode));
        assert_eq!(Purpose::from_number(0), Err(UnknownCode));
    }

    #[test]
    fn a_mask_contains_its_parts_only() {
        let both = FieldMask::bit(1).union(FieldMask::bit(3));
        assert!(both.contains(FieldMask::bit(3)) && !FieldMask::bit(3).contains(both));
        assert_eq!(FieldMask::bit(64), FieldMask(0));
        assert_eq!(both.without(FieldMask::bit(3)), FieldMask::bit(1));
        assert!(FieldMask::bit(1).intersection(FieldMask::bit(3)).is_empty());
    }
}
