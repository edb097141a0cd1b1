//! The workspace as the rules read it: files by their path, manifests by their dependencies, code without comments.

use std::collections::BTreeMap;
use std::path::Path;

use super::LAYERS;

/// Sources and manifests by their path in the workspace.
pub(super) type Tree = BTreeMap<String, String>;

/// The workspace as it is.
pub(super) fn workspace() -> Tree {
    fn walk(root: &Path, folder: &Path, tree: &mut Tree) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" {
                walk(root, &path, tree);
            } else if name.ends_with(".rs") || name == "Cargo.toml" {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                tree.insert(relative, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut tree = Tree::new();
    for folder in ["crates", "migration", "tests"] {
        walk(root, &root.join(folder), &mut tree);
    }
    assert!(tree.len() > 200, "the whole workspace is looked at");
    tree
}

/// The crate that a file is part of.
fn crate_of(path: &str) -> &'static str {
    let owner = LAYERS.iter().map(|(folder, _)| *folder).find(|folder| path.starts_with(&format!("{folder}/")));
    owner.unwrap_or_else(|| panic!("{path} is in no crate that the layers know"))
}

/// The dependencies in a manifest: section and name.
pub(super) fn dependencies(manifest: &str) -> Vec<(&str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if section.ends_with("dependencies") && !line.is_empty() && !line.starts_with('#') {
            found.push((section, line.split(['.', ' ', '=']).next().unwrap_or_default()));
        }
    }
    found
}

/// The code of a file: comments left out, white space made one, imports one path each.
pub(super) fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let mut code = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut imports = String::new();
    for statement in code.split(';') {
        if let Some((_, tree)) = statement.rsplit_once("use ") {
            spread("", tree, &mut imports);
        }
    }
    code.push_str(&imports);
    code
}

/// Writes each path of an import tree for itself: `std::{fs, io::Read}` is `std::fs` and `std::io::Read`.
pub(super) fn spread(before: &str, tree: &str, into: &mut String) {
    let Some((head, rest)) = tree.split_once('{') else {
        into.push_str(&format!("\nuse {before}{};", tree.trim()));
        return;
    };
    let before = format!("{before}{}", head.trim());
    let (mut depth, mut begin) = (0, 0);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if !rest[begin..at].trim().is_empty() {
                    spread(&before, &rest[begin..at], into);
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
}

/// How often a word stands in code, not as the end of a longer one.
pub(super) fn times(code: &str, word: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter(|(at, _)| !code[..*at].ends_with(is_part)).count()
}

pub(super) fn sources<'a>(tree: &'a Tree, under: &'a str) -> impl Iterator<Item = (&'a str, String)> {
    let files = tree.iter().filter(move |(path, _)| path.starts_with(under) && path.ends_with(".rs"));
    files.map(|(path, text)| (path.as_str(), code(text)))
}

pub(super) fn manifests(tree: &Tree) -> impl Iterator<Item = (&'static str, &str)> {
    let manifests = tree.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    manifests.map(|(path, text)| (crate_of(path), text.as_str()))
}
