//! What both databases know of their tables, in one form.

use std::collections::BTreeMap;

/// The migrations' own table, which is not declared and to which no door leads.
pub(super) const MIGRATIONS: &str = "seaql_migrations";

/// Everything that is there.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// Tables and views by name.
    pub(super) relations: BTreeMap<String, Relation>,
    /// What else holds data or runs by itself.
    pub(super) others: Vec<String>,
}

/// A table or a view.
#[derive(Debug, Default)]
pub(super) struct Relation {
    /// Whether it only shows what tables hold.
    pub(super) view: bool,
    /// PostgreSQL: whose it is.
    pub(super) owner: String,
    /// PostgreSQL: whether policies are in force, for a view those of who asks.
    pub(super) secured: bool,
    /// PostgreSQL: whether policies bind the owner too.
    pub(super) forced: bool,
    /// The columns of a table.
    pub(super) columns: BTreeMap<String, Column>,
    /// The columns of its primary key; empty where it has none.
    pub(super) primary: Vec<String>,
    /// Its other unique rules.
    pub(super) uniques: Vec<Unique>,
    /// What it refers to.
    pub(super) keys: Vec<ForeignKey>,
    /// Text in which its CHECKs stand, bare (see [`bare`]), each followed by a comma.
    pub(super) conditions: String,
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    /// Its type, in the database's words.
    pub(super) is: String,
    /// Whether it always has a value.
    pub(super) not_null: bool,
}

/// A unique rule beside the primary key.
#[derive(Debug)]
pub(super) struct Unique {
    /// The index.
    pub(super) name: String,
    /// Its columns in order; an expression has no name.
    pub(super) columns: Vec<String>,
    /// Which rows it is for; empty where for all.
    pub(super) condition: String,
}

/// A reference from one table to another.
#[derive(Debug)]
pub(super) struct ForeignKey {
    /// What it is called, or its columns where it has no name.
    pub(super) name: String,
    /// The table referred to.
    pub(super) parent: String,
    /// The referring columns.
    pub(super) from: Vec<String>,
    /// The columns referred to, in the same order.
    pub(super) to: Vec<String>,
    /// Whether a deletion or change of what it refers to reaches the row.
    pub(super) cascades: bool,
}

impl Catalogue {
    /// The tables, without the views.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&str, &Relation)> {
        self.relations.iter().filter(|(_, relation)| !relation.view).map(|(name, relation)| (name.as_str(), relation))
    }

    /// A relation to add to; a row of one that is not in the catalogue goes nowhere.
    pub(super) fn relation(&mut self, name: &str) -> Option<&mut Relation> {
        self.relations.get_mut(name)
    }
}

/// An expression as both databases and all their versions write it: without spaces, brackets and casts to text.
pub(super) fn bare(expression: &str) -> String {
    let joined: String = expression.chars().filter(|c| !c.is_whitespace() && !"()".contains(*c)).collect();
    joined.replace("::text", "")
}

/// The parts of a list with commas.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
