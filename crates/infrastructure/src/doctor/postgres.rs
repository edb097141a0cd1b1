//! PostgreSQL's catalogue. What an extension brought along is its own affair and left out everywhere.

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::{Catalogue, Column, ForeignKey, Relation, Unique, bare, list};
use super::rows;

/// What holds rows: tables of every sort, and views.
const RELATIONS: &str = "SELECT c.relname::text, (c.relkind = 'v')::text, pg_get_userbyid(c.relowner)::text, \
    CASE c.relkind WHEN 'v' THEN EXISTS (SELECT FROM pg_options_to_table(c.reloptions) \
      WHERE option_name = 'security_invoker' AND option_value::boolean) ELSE c.relrowsecurity END::text, \
    c.relforcerowsecurity::text \
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f', 'm', 'v') \
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                      AND d.deptype = 'e')";

const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attnotnull::text \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped";

const UNIQUE: &str = "SELECT c.relname::text, x.relname::text, i.indisprimary::text, \
    (SELECT string_agg(COALESCE(a.attname::text, '(expression)'), ',' ORDER BY k.place) \
       FROM unnest(i.indkey) WITH ORDINALITY k (attnum, place) \
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.place <= i.indnkeyatts), \
    pg_get_expr(i.indpred, i.indrelid) \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
    WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique ORDER BY 1, 2";

const KEYS: &str = "SELECT c.relname::text, f.conname::text, p.relname::text, \
    (SELECT string_agg(a.attname::text, ',' ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY k (attnum, place) \
       JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum), \
    (SELECT string_agg(a.attname::text, ',' ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY k (attnum, place) \
       JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum), \
    (f.confdeltype <> 'a' OR f.confupdtype <> 'a')::text \
    FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid \
    WHERE f.contype = 'f' AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2";

const CONDITIONS: &str = "SELECT c.relname::text, pg_get_constraintdef(k.oid) \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
    WHERE k.contype = 'c' AND k.convalidated AND c.relnamespace = 'public'::regnamespace";

const OTHERS: &str = "SELECT 'sequence ' || relname FROM pg_class c \
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d \
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
    UNION ALL SELECT 'function ' || proname FROM pg_proc p \
      WHERE pronamespace = 'public'::regnamespace AND proname <> 'support_grants_end_stays' \
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
    UNION ALL SELECT 'trigger ' || tgname || ' on ' || c.relname \
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
      WHERE c.relnamespace = 'public'::regnamespace AND NOT tgisinternal \
        AND NOT (c.relname = 'support_grants' AND tgname = 'support_grants_end_stays') \
    UNION ALL SELECT 'rule ' || rulename || ' on ' || c.relname \
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
      WHERE c.relnamespace = 'public'::regnamespace AND rulename <> '_RETURN' ORDER BY 1";

/// How the catalogue writes what holds.
pub(super) const YES: &str = "true";

pub(super) async fn catalogue(connection: &impl ConnectionTrait) -> Result<Catalogue, DbErr> {
    let mut catalogue = Catalogue::default();
    for [name, view, owner, secured, forced] in rows(connection, RELATIONS).await? {
        let relation = Relation {
            view: view == YES,
            owner,
            secured: secured == YES,
            forced: forced == YES,
            ..Relation::default()
        };
        catalogue.relations.insert(name, relation);
    }
    for [table, name, is, not_null] in rows(connection, COLUMNS).await? {
        if let Some(table) = catalogue.relation(&table) {
            table.columns.insert(name, Column { is, not_null: not_null == YES });
        }
    }
    for [table, name, primary, columns, condition] in rows(connection, UNIQUE).await? {
        let Some(table) = catalogue.relation(&table) else { continue };
        if primary == YES {
            table.primary = list(&columns);
        } else {
            table.uniques.push(Unique { name, columns: list(&columns), condition });
        }
    }
    for [table, name, parent, from, to, cascades] in rows(connection, KEYS).await? {
        if let Some(table) = catalogue.relation(&table) {
            let (from, to) = (list(&from), list(&to));
            table.keys.push(ForeignKey { name, parent, from, to, cascades: cascades == YES });
        }
    }
    for [table, condition] in rows(connection, CONDITIONS).await? {
        if let Some(table) = catalogue.relation(&table) {
            table.conditions.push_str(&bare(&condition));
            table.conditions.push(',');
        }
    }
    catalogue.others = rows(connection, OTHERS).await?.into_iter().map(|[what]| what).collect();
    Ok(catalogue)
}
