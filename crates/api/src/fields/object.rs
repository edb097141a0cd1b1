use std::fmt;
use std::marker::PhantomData;

use garde::Validate;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A `T` that is written as a JSON object. Serde's derived structs also read an array of their fields' values in order, and
/// an empty one where every field can be absent; that is not what anybody means.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

impl<T: Validate> Validate for Object<T> {
    type Context = T::Context;

    fn validate_into(&self, context: &T::Context, parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        self.0.validate_into(context, parent, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Point {
        #[serde(default)]
        x: i64,
    }

    #[test]
    fn only_an_object_is_read() {
        assert_eq!(serde_json::from_str::<Object<Point>>("{\"x\":7}").unwrap().0.x, 7);
        for wrong in ["[]", "[7]", "7", "null", "\"x\""] {
            let error = serde_json::from_str::<Object<Point>>(wrong).unwrap_err();
            assert!(error.to_string().contains("expected an object"), "{error}");
        }
    }
}
