use std::fmt;

use nectar_abi::Method;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

/// Whether a message is a JSON object whose only key is the method's name, once: `{"get":{..}}`.
///
/// A contract dispatches on that key, so that without this check a grant for one method would open every other.
pub(crate) fn calls(message: &[u8], method: &Method) -> bool {
    let mut json = serde_json::Deserializer::from_slice(message);
    json.deserialize_map(OnlyKey(method.name())).and_then(|()| json.end()).is_ok()
}

struct OnlyKey<'a>(&'a str);

impl<'de> Visitor<'de> for OnlyKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if map.next_key::<String>()?.as_deref() != Some(self.0) {
            return Err(A::Error::custom("another method"));
        }
        map.next_value::<IgnoredAny>()?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::custom("a second key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_with_the_method_as_its_one_key_calls_it() {
        let method = "query/get".parse().unwrap();
        for yes in [r#"{"get":{}}"#, r#" {"get" : {"id": [1, {"put": 2}]}} "#, r#"{"\u0067et":null}"#] {
            assert!(calls(yes.as_bytes(), &method), "{yes}");
        }
        for no in [
            "",
            "{}",
            "[]",
            r#""get""#,
            r#"{"put":{}}"#,
            r#"{"get":{},"put":{}}"#,
            r#"{"put":{},"get":{}}"#,
            r#"{"get":{},"get":{}}"#,
            r#"{"get":{}} {"put":{}}"#,
            r#"{"get":{}"#,
            r#"{"get":}"#,
            r#"{"Get":{}}"#,
            "{\"get\":{},}",
        ] {
            assert!(!calls(no.as_bytes(), &method), "{no}");
        }
    }

    #[test]
    fn deep_nesting_is_no_stack_overflow() {
        let deep = format!(r#"{{"get":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        let _ = calls(deep.as_bytes(), &"query/get".parse().unwrap());
    }
}
