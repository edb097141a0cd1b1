//! Takes single settings out of the layers and remembers everything that was wrong with them.

use super::layer::{Given, Layer};
use super::origin::{Origin, Origins};
use super::rules::Rule;
use super::value::Setting;
use super::{Problem, names};

/// Reads one setting at a time. A setting that cannot be read leaves a problem behind and does not stop the others.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    layers: &'a [Layer],
    origins: Origins,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a [Layer]) -> Self {
        Self { layers, origins: Origins::new(), problems: Vec::new() }
    }

    /// The value of the strongest layer that has one, checked by the setting's rule.
    pub(super) fn setting<T: Setting>(&mut self, path: &'static str, rule: &impl Rule<T>) -> Option<T> {
        let found = self.layers.iter().rev().find_map(|layer| Some((layer.values.get(path)?, &layer.origin)));
        let Some((given, origin)) = found else {
            let absent = T::absent();
            if absent.is_none() {
                self.problems.push(Problem::Missing { key: path, variable: names::variable(path) });
            }
            return absent;
        };
        match decode(given, rule, || origin.place(path)) {
            Ok(value) => {
                self.note(path, &value, origin);
                Some(value)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A variable set to nothing unsets a setting: then it came from nowhere.
    fn note<T: Setting>(&mut self, path: &'static str, value: &T, origin: &Origin) {
        if value.show().is_some() {
            self.origins.insert(path, origin.clone());
        }
    }

    /// Where the values came from, and what was wrong.
    pub(super) fn finish(self) -> (Origins, Vec<Problem>) {
        (self.origins, self.problems)
    }
}

fn decode<T: Setting>(given: &Given, rule: &impl Rule<T>, place: impl Fn() -> String) -> Result<T, Problem> {
    let decoded = match given {
        Given::Text(text) => T::parse(text.trim()),
        Given::Toml(value) => T::decode(value),
    };
    let Some(value) = decoded else {
        let range = rule.range().map(|range| format!(" from {range}")).unwrap_or_default();
        let found = if T::SECRET { "something else".to_owned() } else { quote(given) };
        return Err(Problem::WrongType { place: place(), expected: format!("{}{range}", T::EXPECTED), found });
    };
    if rule.admits(&value) {
        return Ok(value);
    }
    let found = value.show().unwrap_or_default();
    Err(Problem::NotAllowed { place: place(), found, allowed: rule.range().unwrap_or_default() })
}

fn quote(given: &Given) -> String {
    match given {
        Given::Text(text) => format!("{text:?}"),
        Given::Toml(::config::ValueKind::String(text)) => format!("{text:?}"),
        Given::Toml(::config::ValueKind::Table(_)) => "a section".to_owned(),
        Given::Toml(::config::ValueKind::Array(_)) => "a list".to_owned(),
        Given::Toml(other) => other.to_string(),
    }
}
