//! Small modules by hand: they do what no compiler would.

/// The imports that bodies may use.
const IMPORTS: &str = r#"
  (import "env" "abort" (func $abort (param i32)))
  (import "env" "debug" (func $debug (param i32)))
  (import "env" "db_read" (func $db_read (param i32) (result i32)))
  (import "env" "db_write" (func $db_write (param i32 i32)))
  (import "env" "db_remove" (func $db_remove (param i32)))
  (import "env" "db_scan" (func $db_scan (param i32 i32 i32) (result i32)))
  (import "env" "db_next" (func $db_next (param i32) (result i32)))
  (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
  (import "env" "addr_canonicalize" (func $addr_canonicalize (param i32 i32) (result i32)))
  (import "env" "addr_validate" (func $addr_validate (param i32) (result i32)))
"#;

/// Grows memory as it must, and gives regions one after the other.
const ALLOCATE: &str = r#"
  (func (export "allocate") (param $size i32) (result i32) (local $region i32)
    (local.set $region (global.get $heap))
    (global.set $heap (i32.add (i32.add (local.get $region) (i32.const 12)) (local.get $size)))
    (loop $grow
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
        (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) (br $grow))))
    (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
    (i32.store offset=4 (local.get $region) (local.get $size))
    (local.get $region))
"#;

/// Regions at fixed places: 16 an empty `Response`, 32 an empty query answer, 48 the key `key`, 64 the value `value`,
/// 80 a region for the taking with 64 bytes.
pub(crate) const RESPONSE: &str = "(i32.const 16)";
pub(crate) const ANSWER: &str = "(i32.const 32)";
pub(crate) const KEY: &str = "(i32.const 48)";
pub(crate) const VALUE: &str = "(i32.const 64)";
pub(crate) const FREE: &str = "(i32.const 80)";

/// What to change of an ordinary module.
pub(crate) struct Module {
    pub(crate) head: String,
    pub(crate) memory: String,
    pub(crate) allocate: String,
    pub(crate) instantiate: String,
    pub(crate) execute: String,
    pub(crate) query: String,
    pub(crate) version: String,
}

impl Default for Module {
    fn default() -> Self {
        Self {
            head: String::new(),
            memory: r#"(memory (export "memory") 2)"#.into(),
            allocate: ALLOCATE.into(),
            instantiate: RESPONSE.into(),
            execute: RESPONSE.into(),
            query: ANSWER.into(),
            version: r#"(func (export "interface_version_8"))"#.into(),
        }
    }
}

impl Module {
    /// An ordinary module whose `execute` is this.
    pub(crate) fn execute(body: &str) -> Vec<u8> {
        Self { execute: body.into(), ..Self::default() }.build()
    }

    /// An ordinary module whose `query` is this.
    pub(crate) fn query(body: &str) -> Vec<u8> {
        Self { query: body.into(), ..Self::default() }.build()
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let Self { head, memory, allocate, instantiate, execute, query, version } = self;
        let response = r#"{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}"#;
        let answer = r#"{\"ok\":\"e30=\"}"#;
        let region = |at: u32, offset: u32, length: u32| {
            let bytes: String = [offset, length.max(64), length]
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .map(|byte| format!("\\{byte:02x}"))
                .collect();
            format!("(data (i32.const {at}) \"{bytes}\")")
        };
        let text = format!(
            r#"(module {IMPORTS} {head} {memory}
              (global $heap (mut i32) (i32.const 8192))
              {version} {allocate}
              (func (export "deallocate") (param i32))
              (func (export "instantiate") (param $env i32) (param $info i32) (param $msg i32) (result i32) {instantiate})
              (func (export "execute") (param $env i32) (param $info i32) (param $msg i32) (result i32)
                (local $i i32) (local $j i32) {execute})
              (func (export "query") (param $env i32) (param $msg i32) (result i32)
                (local $i i32) (local $j i32) {query})
              {} {} {} {} {}
              (data (i32.const 1024) "{response}") (data (i32.const 2048) "{answer}")
              (data (i32.const 3072) "key") (data (i32.const 3200) "value"))"#,
            region(16, 1024, 62),
            region(32, 2048, 13),
            region(48, 3072, 3),
            region(64, 3200, 5),
            region(80, 4096, 0),
        );
        match ::wat::parse_str(&text) {
            Ok(wasm) => wasm,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Bytes as a text of WebAssembly has them.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// An ordinary module whose `query` says exactly this.
pub(crate) fn says(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    Module {
        head: format!(r#"(data (i32.const 7000) "{}")"#, escaped(bytes)),
        query: format!(
            "(i32.store (i32.const 80) (i32.const 7000)) (i32.store offset=8 (i32.const 80) (i32.const {length})) {FREE}"
        ),
        ..Module::default()
    }
    .build()
}

#[test]
fn the_ordinary_module_is_taken() {
    assert_eq!(nectar_runtime::check_module(&Module::default().build()), Ok(()));
    let response = r#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#;
    assert_eq!(response.len(), 62);
}
