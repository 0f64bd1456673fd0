//! Garbage at every door that takes bytes.

use std::sync::OnceLock;

use nectar_runtime::verify_receipt;
use parking_lot::Mutex;
use proptest::prelude::*;

use crate::support::{World, key, refused};
use crate::wat::Module;

/// A node with an invocation and a directive that it would take.
type Shared = Mutex<(World, Vec<u8>, Vec<u8>)>;

/// One node for all cases: what one leaves behind must not matter to the next.
fn shared() -> &'static Shared {
    static WORLD: OnceLock<Shared> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::new();
        let contract = world.contract(&Module::default().build(), "{}");
        let caller = key("caller");
        let token = world.token(&contract, caller.public(), &["query/go"]);
        let invocation = world.invocation(&token, "query/go", r#"{"go":{}}"#).sign(&caller).unwrap();
        let grant = nectar_capability::Directive::Register { token: token.encode() };
        let directive = world.directive(&world.hospital, &grant);
        Mutex::new((world, invocation, directive))
    })
}

fn at_every_door(world: &World, bytes: &[u8]) {
    let node = world.node();
    refused(node.invoke(bytes));
    refused(node.upload(bytes, bytes));
    refused(node.instantiate(bytes));
    refused(node.register(bytes));
    refused(node.revoke(bytes));
    refused(node.grants(bytes));
    refused(node.audit(bytes));
    assert!(verify_receipt(bytes).is_err());
}

proptest! {
    #[test]
    fn garbage_is_refused_at_every_door(bytes: Vec<u8>) {
        at_every_door(&shared().lock().0, &bytes);
    }

    #[test]
    fn a_changed_request_is_refused_at_every_door(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let shared = shared().lock();
        for original in [&shared.1, &shared.2] {
            let mut bytes = original.clone();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            at_every_door(&shared.0, &bytes);
        }
    }
}
