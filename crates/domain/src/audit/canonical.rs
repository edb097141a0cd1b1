//! One text for one JSON value, whoever writes it and wherever it was stored.
//!
//! It is RFC 8785 (JSON Canonicalization Scheme): no white space, the names of an object sorted by their UTF-16 code units,
//! strings with the shortest escapes. Two things differ. Whole numbers are written in full up to 64 bits, where the RFC
//! knows doubles only; and numbers with a fraction or an exponent have no canonical text here, since databases and languages
//! write them differently and no event holds one.

use serde_json::Value;

/// The value holds a number that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number is not a whole number of 64 bits")]
pub struct NotCanonical;

/// The canonical text of a value.
///
/// # Errors
///
/// [`NotCanonical`] for numbers other than whole ones.
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Number(number) if number.is_f64() => return Err(NotCanonical),
        Value::Array(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                separate(n, text);
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (n, (name, member)) in members.into_iter().enumerate() {
                separate(n, text);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(member, text)?;
            }
            text.push('}');
        }
        // serde_json escapes what RFC 8785 escapes, in the same way, and nothing else.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
    Ok(())
}

fn separate(n: usize, text: &mut String) {
    if n > 0 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_sorted_and_strings_escaped_as_the_standard_says() {
        // The examples of RFC 8785, sections 3.2.2 and 3.2.3, without their fractions.
        let value = json!({ "numbers": [333_333_333], "string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/", "literals": [null, true, false] });
        let text =
            "{\"literals\":[null,true,false],\"numbers\":[333333333],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(canonical(&value).unwrap(), text);
        let names = json!({ "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7 });
        let text = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(&names).unwrap(), text);
    }

    #[test]
    fn whole_numbers_are_written_in_full_and_others_are_refused() {
        assert_eq!(
            canonical(&json!([i64::MIN, u64::MAX, 0])).unwrap(),
            "[-9223372036854775808,18446744073709551615,0]"
        );
        for wrong in [
            json!(1.5),
            json!({ "a": [1.0] }),
            serde_json::from_str("1e2").unwrap(),
            serde_json::from_str("18446744073709551616").unwrap(),
        ] {
            assert_eq!(canonical(&wrong), Err(NotCanonical), "{wrong}");
        }
    }
}
