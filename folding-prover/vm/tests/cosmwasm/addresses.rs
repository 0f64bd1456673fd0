//! Addresses, against the type that the runtime reads and writes them with.

use nectar_abi::ContractId;
use nectar_vm::cosmwasm::{MemoryHost, Said};
use nectar_vm::{Limits, Machine, Program};
use proptest::prelude::*;

use crate::guest::{FREE, GAS, Guest, RESPONSE};

/// Calls an import with the message; answers with what it returns, or else what it wrote.
fn program(call: &str, wrote: &str) -> Program {
    Guest::execute(&format!(
        "(local.set $i {call}) (if (result i32) (local.get $i) (then (local.get $i)) (else {wrote}))"
    ))
    .lower()
    .unwrap()
}

fn answer(program: &Program, message: &[u8]) -> Vec<u8> {
    let mut host = MemoryHost::new();
    host.begin(&[Vec::new(), Vec::new(), message.to_vec()]).unwrap();
    let mut machine = Machine::new(program, Limits { gas: GAS, ..Limits::default() });
    machine.run(program.entries["execute"], &[], &mut host, &mut ()).unwrap();
    // A tag, a length, and the bytes: no host was asked.
    let bytes = match host.said() {
        Some(Said::Response(bytes)) => bytes.clone(),
        _ => Vec::new(),
    };
    assert_eq!(host.words().1, 2 + bytes.len().div_ceil(8) as u64);
    bytes
}

/// As the runtime reads them.
fn parsed(text: &[u8]) -> Result<ContractId, String> {
    let text = std::str::from_utf8(text).map_err(|_| "an address is text".to_owned())?;
    text.parse::<ContractId>().map_err(|error| format!("an address: {error}"))
}

struct Imports {
    validate: Program,
    canonicalize: Program,
    humanize: Program,
}

impl Imports {
    fn new() -> Self {
        Self {
            validate: program("(call $validate (local.get $msg))", RESPONSE),
            canonicalize: program(&format!("(call $canonicalize (local.get $msg) {FREE})"), FREE),
            humanize: program(&format!("(call $humanize (local.get $msg) {FREE})"), FREE),
        }
    }

    fn agree(&self, text: &[u8]) {
        let expected = match parsed(text) {
            Ok(id) => (b"done".to_vec(), id.as_bytes().to_vec()),
            Err(wrong) => (wrong.clone().into_bytes(), wrong.into_bytes()),
        };
        assert_eq!((answer(&self.validate, text), answer(&self.canonicalize, text)), expected, "{text:?}");
    }
}

#[test]
fn texts_are_read_and_refused_as_by_the_runtime() {
    let imports = Imports::new();
    let address = "0123456789abcdef".repeat(4);
    for length in [0, 1, 9, 10, 32, 63, 64, 65, 99, 100, 255, 256] {
        imports.agree("a".repeat(length).as_bytes());
    }
    imports.agree(address.as_bytes());
    for other in ['g', 'A', 'F', '/', ':', '`', '@', ' ', '\0'] {
        for at in [0, 1, 31, 63] {
            let mut text = address.clone().into_bytes();
            text[at] = u8::try_from(other).unwrap();
            imports.agree(&text);
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_told_from_wrong_texts() {
    let imports = Imports::new();
    for first in 0x7f..=0xff {
        for second in [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0] {
            imports.agree(&[first, second]);
            imports.agree(&[first, second, 0x80]);
            imports.agree(&[first, second, 0xbf, 0x80]);
        }
        imports.agree(&[b'a', first]);
    }
    for text in
        ["\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}"]
    {
        imports.agree(text.as_bytes());
        imports.agree(&[text.as_bytes(), b"\x80"].concat());
        imports.agree(&text.as_bytes()[..text.len() - 1]);
    }
}

#[test]
fn bytes_are_written_as_text_if_there_are_as_many_as_there_must_be() {
    let imports = Imports::new();
    for length in [0, 31, 33, 64] {
        assert_eq!(answer(&imports.humanize, &vec![7; length]), b"a canonical address has 32 bytes");
    }
    for byte in 0..=255u8 {
        let bytes: [u8; 32] = std::array::from_fn(|at| byte.wrapping_add(u8::try_from(at * 7).unwrap()));
        assert_eq!(answer(&imports.humanize, &bytes), ContractId::new(bytes).to_string().into_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn all_texts_are_read_as_by_the_runtime(
        text in prop_oneof!["[0-9a-f]{64}", "[0-9a-g]{64}", ".{0,70}"],
        bytes in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let imports = Imports::new();
        for text in [&text.as_bytes()[..text.len().min(256)], &bytes] {
            imports.agree(text);
        }
    }
}
