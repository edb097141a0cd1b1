use serde_json::{Map, Value, json};

/// The detail of a change: each field that differs, as `[before, after]`. Both sides name the same fields in the same
/// order.
pub fn differences<const N: usize>(before: [(&'static str, Value); N], after: [(&'static str, Value); N]) -> Value {
    let changed = before.into_iter().zip(after).filter(|(old, new)| old != new);
    Value::Object(changed.map(|((name, old), (_, new))| (name.into(), json!([old, new]))).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_with_both_its_values() {
        let before = [("name", json!("Duka")), ("note", Value::Null), ("stock", json!(3))];
        let after = [("name", json!("Duka")), ("note", json!("new")), ("stock", json!(2))];
        assert_eq!(differences(before, after), json!({ "note": [null, "new"], "stock": [3, 2] }));
    }
}
