use std::fs;
use std::path::Path;

use cotenant_domain::shared::Clock;
use cotenant_infrastructure::SystemClock;

use super::Failure;

const FRAME: &str = "use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// What it changes, in a sentence.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both(\"\").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both(\"\").await
    }
}
";

/// Writes the frame of a migration and adds it to the list. It works in a checkout of the sources, from its top.
pub(super) fn write(name: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(allowed) {
        let problem = "must be lower-case words with underscores, such as add_store_phone".into();
        return Err(Failure::Argument { name: "NAME", problem });
    }
    let now = SystemClock.now();
    let (year, month, day) = now.to_calendar_date();
    let (hour, minute, second) = now.to_hms();
    let module = format!("m{year}{:02}{day:02}_{hour:02}{minute:02}{second:02}_{name}", u8::from(month));
    let sources = Path::new("migration/src");
    let file = sources.join(format!("{module}.rs"));
    let list = sources.join("lib.rs");
    let cannot = |path: &Path| {
        let what = format!("cannot write {} (run this from the top of the source tree)", path.display());
        move |source| Failure::Io { what, source }
    };
    let listed = fs::read_to_string(&list).map_err(cannot(&list))?;
    let listed = add(&listed, &module).ok_or(Failure::Argument {
        name: "migration/src/lib.rs",
        problem: "has no list of migrations to add to".into(),
    })?;
    fs::write(&file, FRAME).map_err(cannot(&file))?;
    fs::write(&list, listed).map_err(cannot(&list))?;
    println!("wrote {}", file.display());
    Ok(())
}

/// The list with one more module, behind the last.
fn add(list: &str, module: &str) -> Option<String> {
    let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
    let boxed = lines.iter().rposition(|line| line.trim_start().starts_with("Box::new(m"))?;
    lines.insert(boxed + 1, format!("            Box::new({module}::Migration),"));
    let declared = lines.iter().rposition(|line| line.starts_with("mod m2"))?;
    lines.insert(declared + 1, format!("mod {module};"));
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_added_behind_the_last() {
        let list =
            "mod m20260101_000000_a;\nmod runner;\n\nvec![\n            Box::new(m20260101_000000_a::Migration),\n]\n";
        let added = add(list, "m20260202_000000_b").unwrap();
        assert_eq!(
            added,
            "mod m20260101_000000_a;\nmod m20260202_000000_b;\nmod runner;\n\nvec![\n            \
             Box::new(m20260101_000000_a::Migration),\n            Box::new(m20260202_000000_b::Migration),\n]\n"
        );
    }

    #[test]
    fn a_name_that_is_no_module_name_is_refused() {
        for wrong in ["", "Add", "1a", "a-b", "../x", "a b"] {
            assert!(matches!(write(wrong), Err(Failure::Argument { .. })), "{wrong:?}");
        }
    }
}
