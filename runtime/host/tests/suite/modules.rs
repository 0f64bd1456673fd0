//! What is taken, and what is not.

use nectar_abi::limits::MAX_WASM_BYTES;
use nectar_runtime::{CallError, Invalid, MAX_FUNCTIONS, MAX_LOCALS, MAX_PAGES, ModuleError, check_module};
use proptest::prelude::*;

use crate::support::{World, artifact, code_hash, key, refused};
use crate::wat::Module;
use nectar_capability::Directive;

fn check(text: &str) -> Result<(), ModuleError> {
    check_module(&::wat::parse_str(text).unwrap())
}

fn with(head: &str) -> Result<(), ModuleError> {
    check_module(&Module { head: head.into(), ..Module::default() }.build())
}

fn memory(memory: &str) -> Result<(), ModuleError> {
    check_module(&Module { memory: memory.into(), ..Module::default() }.build())
}

#[test]
fn the_example_contracts_are_taken() {
    for name in ["consent", "health_records"] {
        assert_eq!(check_module(&artifact(name)), Ok(()));
    }
}

#[test]
fn size_is_checked_before_anything_is_read() {
    let got = MAX_WASM_BYTES + 1;
    assert_eq!(check_module(&vec![0xff; got]), Err(ModuleError::TooLarge { got, limit: MAX_WASM_BYTES }));
}

#[test]
fn what_is_no_module_is_refused() {
    for bytes in [b"".as_slice(), b"\0asm", b"\0asm\x0d\0\x01\0", b"(module)", b"\0asm\x01\0\0\0\x01"] {
        assert!(
            matches!(check_module(bytes), Err(ModuleError::Invalid { .. } | ModuleError::Memory)),
            "{bytes:?}"
        );
    }
}

#[test]
fn memory_is_one_its_own_and_small() {
    assert_eq!(memory(r#"(memory (export "memory") 512)"#), Ok(()));
    assert_eq!(memory(r#"(memory (export "memory") 2 512)"#), Ok(()));
    let too_many = |got| Err(ModuleError::TooMany { what: "pages of memory", got, limit: MAX_PAGES });
    assert_eq!(memory(r#"(memory (export "memory") 513)"#), too_many(513));
    assert_eq!(memory(r#"(memory (export "memory") 2 65536)"#), too_many(65_536));
    assert_eq!(memory("(memory 2)"), Err(ModuleError::Memory));
    for text in [
        r#"(memory (export "memory") 2) (memory 1)"#,
        r#"(memory (export "memory") 2 2 shared)"#,
        r#"(memory (export "memory") i64 2)"#,
    ] {
        assert!(matches!(memory(text), Err(ModuleError::Invalid { .. } | ModuleError::Memory)), "{text}");
    }
    let imported = check(r#"(module (import "env" "memory" (memory 1)))"#);
    assert!(matches!(imported, Err(ModuleError::UnknownImport { .. })));
}

#[test]
fn tables_are_one_and_bounded() {
    assert_eq!(with("(table 10 2500 funcref)"), Ok(()));
    assert_eq!(with("(table 10 funcref)"), Err(ModuleError::UnboundedTable));
    let too_many = Err(ModuleError::TooMany { what: "table elements", got: 2501, limit: 2500 });
    assert_eq!(with("(table 10 2501 funcref)"), too_many);
    assert!(with("(table 1 1 funcref) (table 1 1 funcref)").is_err());
}

#[test]
fn unknown_imports_are_named() {
    let unknown = |module: &str, name: &str| {
        Err(ModuleError::UnknownImport { module: module.into(), name: name.into() })
    };
    let import = |module: &str, name: &str| {
        check(&format!(r#"(module (import "{module}" "{name}" (func (param i32))))"#))
    };
    assert_eq!(import("env", "db_drop_all"), unknown("env", "db_drop_all"));
    assert_eq!(import("wasi_snapshot_preview1", "fd_write"), unknown("wasi_snapshot_preview1", "fd_write"));
    assert_eq!(import("env", "bls12_381_aggregate_g1"), unknown("env", "bls12_381_aggregate_g1"));
    assert_eq!(import("other", "abort"), unknown("other", "abort"));
    let error = import("env", &"a".repeat(500)).unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
}

#[test]
fn an_import_with_another_type_is_refused() {
    let import = check(r#"(module (import "env" "db_read" (func (param i32 i32))))"#);
    assert_eq!(import, Err(ModuleError::ImportType("db_read")));
    let import = check(r#"(module (import "env" "db_read" (global i32)))"#);
    assert_eq!(import, Err(ModuleError::ImportType("db_read")));
}

#[test]
fn a_start_function_is_refused() {
    assert_eq!(with("(func $begin) (start $begin)"), Err(ModuleError::Start));
}

#[test]
fn the_interface_version_is_the_one_and_only() {
    let version = |text: &str| check_module(&Module { version: text.into(), ..Module::default() }.build());
    assert_eq!(version(""), Err(ModuleError::Interface));
    assert_eq!(version(r#"(func (export "interface_version_7"))"#), Err(ModuleError::Interface));
    let both = r#"(func (export "interface_version_8")) (func (export "interface_version_9"))"#;
    assert_eq!(version(both), Err(ModuleError::Interface));
}

#[test]
fn missing_and_wrong_exports_are_named() {
    let allocate = |text: &str| check_module(&Module { allocate: text.into(), ..Module::default() }.build());
    assert_eq!(allocate(""), Err(ModuleError::Export("allocate")));
    assert_eq!(allocate(r#"(func (export "allocate") (param i64))"#), Err(ModuleError::Export("allocate")));
    assert_eq!(
        allocate(r#"(global (export "allocate") i32 (i32.const 1))"#),
        Err(ModuleError::Export("allocate"))
    );
}

#[test]
fn capabilities_that_the_host_lacks_are_named() {
    assert_eq!(with(r#"(func (export "requires_iterator"))"#), Ok(()));
    assert_eq!(
        with(r#"(func (export "requires_stargate"))"#),
        Err(ModuleError::Capability("stargate".into()))
    );
}

#[test]
fn too_much_of_anything_is_refused() {
    let locals = format!("(func (local {}))", "i32 ".repeat(MAX_LOCALS + 1));
    assert!(matches!(with(&locals), Err(ModuleError::TooMany { what: "locals in one function", .. })));
    let parameters = format!("(func (param {}))", "i32 ".repeat(101));
    assert!(matches!(
        with(&parameters),
        Err(ModuleError::TooMany { what: "parameters of one function", .. })
    ));
    let results = "(func (result i32 i32) (i32.const 1) (i32.const 1))";
    assert!(matches!(with(results), Err(ModuleError::TooMany { what: "results of one function", .. })));
    let functions = "(func)".repeat(MAX_FUNCTIONS + 1);
    assert!(matches!(with(&functions), Err(ModuleError::TooMany { what: "functions", .. })));
    let long = format!("(func {})", "(drop (i32.const 1))".repeat(50_000));
    assert!(matches!(with(&long), Err(ModuleError::TooMany { what: "bytes in one function", .. })));
    let globals = "(global i32 (i32.const 0))".repeat(1000);
    assert!(matches!(with(&globals), Err(ModuleError::TooMany { what: "globals", .. })));
}

#[test]
fn features_that_are_not_allowed_are_refused() {
    for text in [
        "(func (result v128) (v128.const i64x2 0 0))",
        "(func $f (return_call $f))",
        "(func (param externref))",
        "(tag)",
    ] {
        assert!(matches!(with(text), Err(ModuleError::Invalid { .. })), "{text}");
    }
}

#[test]
fn floats_are_allowed() {
    assert_eq!(with("(func (param f64) (result f64) (f64.sqrt (local.get 0)))"), Ok(()));
}

#[test]
fn an_upload_is_what_was_announced_and_may_be_repeated() {
    let world = World::new();
    let wasm = Module::default().build();
    let order = world.directive(&world.hospital, &Directive::UploadCode { code: code_hash(b"other") });
    assert!(matches!(world.node().upload(&order, &wasm), Err(CallError::Invalid(Invalid::WrongCode))));
    let code = world.upload(&wasm).unwrap();
    assert_eq!(world.upload(&wasm).unwrap(), code);
    assert_eq!(world.node().code(&code).unwrap(), Some(wasm));
    let broken = world.upload(b"\0asm\x01\0\0\0");
    assert!(matches!(broken, Err(CallError::Invalid(Invalid::Module(ModuleError::Memory)))), "{broken:?}");
}

#[test]
fn only_listed_owners_upload_and_instantiate() {
    let mut world = World::new();
    world.config.owners = Some(crate::support::auditors(&["hospital"]));
    world.open();
    let wasm = Module::default().build();
    let code = world.upload(&wasm).unwrap();
    let order = world.directive(&key("stranger"), &Directive::UploadCode { code });
    refused(world.node().upload(&order, &wasm));
    world.hospital = key("stranger");
    refused(world.instantiate(code, "{}"));
    assert_eq!(world.refusals(), ["wrong_issuer", "wrong_issuer"]);
}

#[test]
fn modules_and_contracts_are_limited() {
    let mut world = World::new();
    (world.config.limits.codes, world.config.limits.contracts) = (1, 1);
    world.open();
    let code = world.upload(&Module::default().build()).unwrap();
    let second = world.upload(&Module::execute("(unreachable)"));
    assert!(matches!(second, Err(CallError::Invalid(Invalid::TooManyCodes { limit: 1 }))), "{second:?}");
    world.instantiate(code, "{}").unwrap();
    let second = world.instantiate(code, "{}");
    assert!(matches!(second, Err(CallError::Invalid(Invalid::TooManyContracts { limit: 1 }))), "{second:?}");
}

#[test]
fn modules_beyond_the_cache_are_compiled_again() {
    let mut world = World::new();
    world.config.limits.compiled_modules = 1;
    world.open();
    let first = world.contract(&Module::default().build(), "{}");
    world.contract(&Module::execute("(unreachable)"), "{}");
    let caller = key("caller");
    let token = world.token(&first, caller.public(), &["query/go"]);
    assert!(world.call(&token, &caller, "query/go", r#"{"go":{}}"#).unwrap().failure.is_none());
}

proptest! {
    #[test]
    fn garbage_is_no_module(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(check_module(&bytes).is_err());
        prop_assert!(check_module(&[b"\0asm\x01\0\0\0".as_slice(), &bytes].concat()).is_err());
    }

    #[test]
    fn a_changed_module_does_not_panic(at in any::<prop::sample::Index>(), byte: u8) {
        let mut wasm = Module::default().build();
        let at = at.index(wasm.len());
        wasm[at] = byte;
        let _ = check_module(&wasm);
    }
}
