use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{high_bits, low_bits, two_to_the};
use crate::execution::range;
use crate::execution::table;
use crate::lc::{Lc, Var};

/// Bits of a word's number: addresses are sums of two numbers of 32 bits.
pub(crate) const WORD_BITS: u32 = 30;

/// How many bytes are accessed: 1, 2, 4 or 8, one of four booleans.
pub(crate) struct Width([Var; 4]);

impl Width {
    pub(crate) fn alloc<B: Builder>(b: &mut B, number: usize) -> Self {
        let width = Self([0, 1, 2, 3].map(|n| b.boolean(n == number)));
        b.zero(|| width.sum(|_| Fr::one()) - Lc::one());
        width
    }

    fn sum(&self, weight: impl Fn(u32) -> Fr) -> Lc {
        (0..).zip(self.0).map(|(number, is)| is * weight(number)).sum()
    }

    /// 1 if it is this many bytes.
    pub(crate) fn bytes(&self, bytes: u32) -> Lc {
        self.sum(|number| Fr::from(u64::from(1 << number == bytes)))
    }

    /// 0 to 3.
    pub(crate) fn number(&self) -> Lc {
        self.sum(|number| Fr::from(u64::from(number)))
    }

    /// How many bytes.
    pub(crate) fn count(&self) -> Lc {
        self.sum(|number| Fr::from(1 << number))
    }

    /// 2 to the number of bits.
    pub(crate) fn modulus(&self) -> Lc {
        self.sum(|number| two_to_the(8 << number))
    }

    /// A value of this width, shifted to the top of 64 bits; the value is ranged by that.
    fn top<B: Builder>(&self, b: &mut B, bus: &mut Bus, value: Var) -> Var {
        range::bits(b, bus, value.into(), 64);
        let top = b.product(value.into(), self.sum(|number| two_to_the(64 - (8 << number))));
        range::bits(b, bus, top.into(), 64);
        top
    }

    /// The low bytes of a number of 64 bits, and the same at the top of 64 bits.
    pub(crate) fn wrapped<B: Builder>(&self, b: &mut B, bus: &mut Bus, number: Var) -> (Var, Var) {
        let modulus =
            u128::from(low_bits(&self.modulus().value)) | u128::from(high_bits(&self.modulus().value)) << 64;
        let whole = u128::from(low_bits(&number.value));
        let part = |n: u128| Fr::from(u64::try_from(n).unwrap_or_default());
        let value = b.alloc(part(whole % modulus.max(1)));
        let rest = b.alloc(part(whole / modulus.max(1)));
        let top = self.top(b, bus, value);
        range::bits(b, bus, rest.into(), 64);
        b.enforce(|| (rest.into(), self.modulus(), number - value));
        (value, top)
    }

    /// Whether values of this width are sign-extended, to 32 or to 64 bits.
    pub(crate) fn signs<B: Builder>(&self, b: &mut B, [to_32, to_64]: [bool; 2]) -> Signs {
        let signs = Signs { to_32: b.boolean(to_32), to_64: b.boolean(to_64) };
        let any = signs.any();
        b.enforce(|| (any.clone(), any.clone(), any));
        // Only to more bits: no operation has another number.
        b.enforce(|| (signs.to_32.into(), self.bytes(4) + self.bytes(8), Lc::default()));
        b.enforce(|| (signs.to_64.into(), self.bytes(8), Lc::default()));
        signs
    }
}

/// To what a value is sign-extended: at most one is 1.
pub(crate) struct Signs {
    pub(crate) to_32: Var,
    pub(crate) to_64: Var,
}

impl Signs {
    pub(crate) fn any(&self) -> Lc {
        self.to_32 + self.to_64
    }

    /// The value with its sign, given also at the top of 64 bits.
    ///
    /// With the wrong sign the top would leave its 64 bits: `top + 2^63` is within only if the top bit is not set, `top - 2^63` only if it is.
    pub(crate) fn extend<B: Builder>(
        &self,
        b: &mut B,
        bus: &mut Bus,
        width: &Width,
        value: Var,
        top: Var,
    ) -> Lc {
        let is_negative = self.any().value == Fr::one() && low_bits(&top.value) >> 63 == 1;
        let negative = b.boolean(is_negative);
        b.enforce(|| (negative.into(), Lc::one() - self.any(), Lc::default()));
        range::bits(b, bus, top + self.any() * two_to_the(63) - negative * two_to_the(64), 64);
        let above = self.to_32 * two_to_the(32) + self.to_64 * two_to_the(64) - width.modulus();
        let ones = b.product(negative.into(), above);
        value + ones
    }
}

/// Where an access is.
pub(crate) struct Place {
    /// Number of the word of its first byte.
    pub(crate) word: Var,
    /// 1 if it goes on in the next word.
    pub(crate) crosses: Var,
    /// 2 to the number of bits below it in its word.
    pub(crate) power: Var,
}

impl Place {
    /// `address = 8 word + byte`. `used` is 1 in a used slot.
    pub(crate) fn alloc<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, address: Lc, width: &Width) -> Self {
        let number = low_bits(&address.value);
        let word = b.alloc(Fr::from(number >> 3));
        range::bits(b, bus, word.into(), WORD_BITS);
        let byte = address - word * Fr::from(8);
        range::bits(b, bus, byte.clone(), 3);

        // If it crosses, `byte + n - 9` is not negative; else `8 - byte - n` is not.
        let end = byte.clone() + width.count();
        let crosses = b.boolean((number & 7) + low_bits(&width.count().value) > 8);
        // A slot that is not used touches no second word either.
        b.enforce(|| (crosses.into(), Lc::one() - used.clone(), Lc::default()));
        let excess = b.product(crosses.into(), end.clone() * Fr::from(2) - Lc::constant(Fr::from(17)));
        range::bits(b, bus, Lc::constant(Fr::from(8)) - end + excess, 4);

        let power = b.alloc(two_to_the(u32::try_from(8 * (number & 7)).unwrap_or_default()));
        table::power(b, bus, byte * Fr::from(8), power);
        Self { word, crosses, power }
    }
}

/// One or two words, cut into what is below an access, the access, and what is above.
pub(crate) struct Cut {
    /// What is accessed.
    pub(crate) value: Var,
    /// The same, shifted to the top of 64 bits.
    pub(crate) top: Var,
}

impl Cut {
    /// `whole = low + 2^s (value + 2^w high)`: with `low < 2^s`, `value < 2^w` and `high` of 120 bits no product comes near the modulus, and there is
    /// one such value. `low 2^(64-s)` is ranged in place of `low`, which is an integer because all others are.
    pub(crate) fn alloc<B: Builder>(
        b: &mut B,
        bus: &mut Bus,
        place: &Place,
        width: &Width,
        [first, second]: [Lc; 2],
    ) -> Self {
        let held = u128::from(low_bits(&first.value)) | u128::from(low_bits(&second.value)) << 64;
        let below = (0..64).find(|bits| two_to_the(*bits) == place.power.value).unwrap_or_default();
        let bits = 8 * u32::try_from(low_bits(&width.count().value) & 15).unwrap_or_default();
        let part = |n: u128| Fr::from(u64::try_from(n & u128::from(u64::MAX)).unwrap_or_default());
        let mask = |bits: u32| u128::MAX.checked_shr(128 - bits.min(128)).unwrap_or_default();

        let low = b.alloc(part(held & mask(below)));
        let value = b.alloc(part(held >> below & mask(bits)));
        let high = held.checked_shr(below + bits).unwrap_or_default();
        let high = [part(high), part(high >> 64)].map(|half| b.alloc(half));
        range::bits(b, bus, high[0].into(), 64);
        range::bits(b, bus, high[1].into(), 56);

        let inverse = b.alloc(two_to_the(64 - below));
        b.enforce(|| (place.power.into(), inverse.into(), Lc::constant(two_to_the(64))));
        let shifted = b.product(low.into(), inverse.into());
        range::bits(b, bus, shifted.into(), 64);
        let top = width.top(b, bus, value);
        let above = b.product(width.modulus(), high[0] + high[1] * two_to_the(64));
        b.enforce(|| (place.power.into(), value + above, first + second * two_to_the(64) - low));
        Self { value, top }
    }
}
