//! Reads the layers: files and variables become flat maps from key to value.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ::config::{File, FileFormat, Map, Source, Value, ValueKind};

use super::settings::KEYS;
use super::{Environment, Origin, Problem, Sources, SyntaxError};
use super::{embedded, names};

/// A value as it was written.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// The text of a variable.
    Text(String),
    /// A typed value of a file.
    Toml(ValueKind),
}

/// The values of one place.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) origin: Origin,
    pub(super) values: BTreeMap<&'static str, Given>,
}

/// Every layer, the weakest first, with what was wrong on the way. There is no environment when `COTENANT_ENV` names
/// none; the layers are then not worth reading.
pub(super) fn read_all(sources: &Sources) -> (Option<Environment>, Vec<Layer>, Vec<Problem>) {
    let mut problems = Vec::new();
    let from_env = variables(&sources.env, Origin::Environment, &mut problems);
    let environment = match sources.env.get(names::ENV).map(|value| (value, value.parse())) {
        None => Environment::default(),
        Some((_, Ok(environment))) => environment,
        Some((value, Err(_))) => {
            problems.push(Problem::UnknownEnvironment { value: value.clone() });
            return (None, Vec::new(), problems);
        }
    };
    let dotenv = match &sources.dotenv {
        Some(path) if environment == Environment::Development => read_dotenv(path, &mut problems),
        _ => BTreeMap::new(),
    };
    let dotenv_origin = Origin::DotEnv(sources.dotenv.clone().unwrap_or_default());
    let from_dotenv = variables(&dotenv, dotenv_origin, &mut problems);

    let directory = [&sources.env, &dotenv].into_iter().find_map(|variables| variables.get(names::CONFIG_DIR));
    let directory = match directory {
        Some(path) => named_directory(Path::new(path), &mut problems),
        None => sources.config_dir.clone(),
    };
    let mut layers = files(environment, directory.as_deref(), &mut problems);
    layers.extend([from_dotenv, from_env]);
    (Some(environment), layers, problems)
}

/// A directory that somebody asked for by name has to be there; an absent one would silently mean the built-in files.
fn named_directory(path: &Path, problems: &mut Vec<Problem>) -> Option<PathBuf> {
    let is_directory = fs::metadata(path).and_then(|metadata| {
        if metadata.is_dir() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::NotADirectory)) }
    });
    match is_directory {
        Ok(()) => Some(path.to_owned()),
        Err(source) => {
            problems.push(Problem::NoDirectory { path: path.to_owned(), source });
            None
        }
    }
}

/// The built-in defaults lie beneath everything: a directory made for an older version still starts a newer one. The
/// built-in file of the environment is used only where the directory has none, so that a line removed there is gone.
fn files(environment: Environment, directory: Option<&Path>, problems: &mut Vec<Problem>) -> Vec<Layer> {
    let (name, built_in) = embedded::of(environment);
    let mut layers = vec![parse(embedded::DEFAULT, Origin::BuiltIn(embedded::DEFAULT_NAME), problems)];
    layers.extend(directory.and_then(|directory| read_file(directory.join(embedded::DEFAULT_NAME), problems)));
    let own = directory.and_then(|directory| read_file(directory.join(name), problems));
    layers.push(own.unwrap_or_else(|| parse(built_in, Origin::BuiltIn(name), problems)));
    layers
}

fn read_file(path: PathBuf, problems: &mut Vec<Problem>) -> Option<Layer> {
    match fs::read_to_string(&path) {
        Ok(text) => Some(parse(&text, Origin::File(path), problems)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => None,
        Err(source) => {
            problems.push(Problem::Unreadable { path, source });
            None
        }
    }
}

fn parse(text: &str, origin: Origin, problems: &mut Vec<Problem>) -> Layer {
    let mut values = BTreeMap::new();
    match File::from_str(text, FileFormat::Toml).collect() {
        Ok(table) => flatten("", table, &origin, &mut values, problems),
        Err(error) => {
            problems.push(Problem::Syntax { place: origin.to_string(), source: SyntaxError::toml(&error) });
        }
    }
    Layer { origin, values }
}

fn flatten(
    section: &str,
    table: Map<String, Value>,
    origin: &Origin,
    values: &mut BTreeMap<&'static str, Given>,
    problems: &mut Vec<Problem>,
) {
    // The map has no order of its own; messages should not change from run to run.
    let table: BTreeMap<String, Value> = table.into_iter().collect();
    for (name, value) in table {
        let key = if section.is_empty() { name } else { format!("{section}.{name}") };
        let known = KEYS.iter().find(|known| known.path == key);
        match (known, value.kind) {
            (Some(known), kind) => drop(values.insert(known.path, Given::Toml(kind))),
            (None, ValueKind::Table(inner)) if names::is_section(&key) || !inner.is_empty() => {
                flatten(&key, inner, origin, values, problems);
            }
            (None, _) if names::is_section(&key) => problems.push(Problem::Section { key, place: origin.to_string() }),
            (None, _) => {
                let nearest = names::nearest_key(&key);
                problems.push(Problem::UnknownSetting { key, place: origin.to_string(), nearest });
            }
        }
    }
}

fn variables(variables: &BTreeMap<String, String>, origin: Origin, problems: &mut Vec<Problem>) -> Layer {
    for (name, value) in variables {
        if names::is_ours(name) && !names::is_known_variable(name, value) {
            problems.push(Problem::UnknownVariable {
                name: name.clone(),
                place: origin.to_string(),
                nearest: names::nearest_variable(name),
            });
        }
    }
    let found = |path| variables.get(&names::variable(path)).map(|text| (path, Given::Text(text.clone())));
    let values = KEYS.iter().filter_map(|key| found(key.path)).collect();
    Layer { origin, values }
}

fn read_dotenv(path: &Path, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return variables,
        Err(source) => {
            problems.push(Problem::Unreadable { path: path.to_owned(), source });
            return variables;
        }
    };
    let text = text.trim_start_matches('\u{feff}');
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        match line {
            Ok((name, value)) => drop(variables.entry(name).or_insert(value)),
            Err(error) => {
                let source = SyntaxError::dotenv(&error, text);
                problems.push(Problem::Syntax { place: path.display().to_string(), source });
            }
        }
    }
    match variables.get(names::ENV) {
        Some(value) if value != Environment::Development.name() => {
            problems.push(Problem::EnvironmentInDotEnv { value: value.clone(), path: path.to_owned() });
        }
        _ => {}
    }
    variables
}
