//! An order is for one node of one network, for a short time, and of a known shape.

use ciborium::Value;
use nectar_abi::limits::{MAX_MESSAGE_BYTES, MAX_TOKEN_BYTES};
use nectar_abi::{ContractId, GrantHash, NetworkId};
use nectar_capability::{Directive, RefusalReason, RequestError, sign_directive, verify_directive};

use crate::common::*;

fn sign(directive: &Directive) -> Result<Vec<u8>, RequestError> {
    sign_directive(&owner(), dsp().public(), NETWORK, [6; 16], NOW, NOW + 10, directive)
}
type Parts<'a> = (&'a mut String, &'a mut Vec<u8>, &'a mut Vec<ContractId>);

fn instantiate() -> Directive {
    Directive::Instantiate {
        code: CODE,
        label: "health records".to_owned(),
        message: b"{}".to_vec(),
        salt: [1; 16],
        touches: vec![],
    }
}

#[test]
fn an_order_for_another_place_or_time_is_refused() {
    let bytes = sign(&Directive::ReadAudit { contract: None }).unwrap();
    let at = |now, network, node: u8| {
        verify_directive(&bytes, now, network, key(node).public()).map(|_| ()).map_err(|r| r.reason())
    };
    assert_eq!(at(NOW, NETWORK, 2), Ok(()));
    assert_eq!(at(NOW + 9, NETWORK, 2), Ok(()));
    assert_eq!(at(NOW - 1, NETWORK, 2), Err(RefusalReason::NotYetValid));
    assert_eq!(at(NOW + 10, NETWORK, 2), Err(RefusalReason::Expired));
    assert_eq!(at(NOW, NetworkId(2), 2), Err(RefusalReason::WrongNetwork));
    assert_eq!(at(NOW, NETWORK, 3), Err(RefusalReason::WrongDsp));
}

#[test]
fn an_order_beyond_a_limit_is_not_signed() {
    let change = |change: &dyn Fn(Parts<'_>)| {
        let mut directive = instantiate();
        if let Directive::Instantiate { label, message, touches, .. } = &mut directive {
            change((label, message, touches));
        }
        sign(&directive).map(|_| ())
    };
    assert_eq!(change(&|_| ()), Ok(()));
    for bad in [String::new(), " ".to_owned(), "a\tb".to_owned(), "l".repeat(129)] {
        assert_eq!(change(&|(label, ..)| label.clone_from(&bad)), Err(RequestError::Label), "{bad:?}");
    }
    let got = MAX_MESSAGE_BYTES + 1;
    assert_eq!(change(&|(_, message, _)| *message = vec![0; got]), Err(RequestError::MessageTooLong { got }));
    let contract = |i| ContractId::new([i; 32]);
    assert_eq!(
        change(&|(.., touches)| *touches = vec![contract(2), contract(1)]),
        Err(RequestError::TouchedOrder)
    );
    assert_eq!(
        change(&|(.., touches)| *touches = (0..9).map(contract).collect()),
        Err(RequestError::TooManyTouched { got: 9 })
    );
    let got = MAX_TOKEN_BYTES + 1;
    assert_eq!(sign(&Directive::Register { token: vec![0; got] }), Err(RequestError::TokenTooLong { got }));
    for action in ["", "Drain", "drain queue", &"a".repeat(65)] {
        assert_eq!(sign(&Directive::Operate { action: action.to_owned() }), Err(RequestError::Action));
    }
    for (from, until) in [(NOW, NOW), (NOW, NOW + 301), (NOW, NOW - 1)] {
        let result = sign_directive(&owner(), dsp().public(), NETWORK, [6; 16], from, until, &instantiate());
        assert_eq!(result, Err(RequestError::Window));
    }
}

/// Signs another body for the order.
fn with_body(body: Vec<Value>) -> Vec<u8> {
    let mut claims = claims(&sign(&instantiate()).unwrap());
    claims.last_mut().unwrap().1 = Value::Array(body);
    resign(&owner(), DIRECTIVE_CONTEXT, claims)
}

#[test]
fn an_order_of_another_shape_is_refused() {
    let refused = |body: Vec<Value>| {
        verify_directive(&with_body(body), NOW, NETWORK, dsp().public()).map_err(|r| r.reason()).unwrap_err()
    };
    let hash = Value::Bytes(vec![7; 32]);
    let good = vec![4.into(), hash.clone(), hash.clone()];
    let verified = verify_directive(&with_body(good), NOW, NETWORK, dsp().public()).unwrap();
    let (contract, grant) = (ContractId::new([7; 32]), GrantHash::new([7; 32]));
    assert_eq!(verified.directive, Directive::Revoke { contract, grant });
    for body in [
        vec![],
        vec![0.into()],
        vec![7.into()],
        vec![4.into()],
        vec![4.into(), hash.clone()],
        vec![4.into(), hash.clone(), hash.clone(), hash.clone()],
        vec![4.into(), hash.clone(), Value::Bytes(vec![7; 31])],
        vec![1.into(), hash.clone(), hash.clone()],
        vec![5.into(), Value::Null],
        vec![6.into(), "Drain".into()],
        vec![6.into(), "".into()],
    ] {
        assert_eq!(refused(body), RefusalReason::Malformed);
    }
}

#[test]
fn limits_hold_for_an_order_whose_signer_does_not_check_them() {
    let honest = claims(&sign(&instantiate()).unwrap());
    let reason = |claims| {
        let bytes = resign(&owner(), DIRECTIVE_CONTEXT, claims);
        verify_directive(&bytes, NOW, NETWORK, dsp().public()).map(|_| ()).map_err(|r| r.reason())
    };
    assert_eq!(reason(honest.clone()), Ok(()));
    for (from, until) in [(NOW, NOW + 301), (0, u64::MAX), (NOW, NOW), (NOW + 1, NOW)] {
        let mut forged = honest.clone();
        (forged[1].1, forged[2].1) = (until.into(), from.into());
        assert_eq!(reason(forged), Err(RefusalReason::WindowTooLong), "{from} to {until}");
    }
    for label in ["", " ", "a\tb"] {
        let mut forged = honest.clone();
        forged[6].1.as_array_mut().unwrap()[2] = label.into();
        assert_eq!(reason(forged), Err(RefusalReason::Malformed), "{label:?}");
    }
}
