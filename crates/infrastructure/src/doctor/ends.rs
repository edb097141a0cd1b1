//! That the trigger is there which keeps the end of a support grant.

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::{Catalogue, bare};
use super::{Check, Finding, Rule, rows};

const ENDS: Rule = Rule {
    name: "ends_stay",
    about: "a trigger keeps ended support grants from being revived",
    mend: "make it and its function again as migration/src writes them, and ask who took them away",
};

/// The trigger where it is in force, and its function, as the catalogue writes them.
const THERE: &str = "SELECT pg_get_triggerdef(t.oid), pg_get_functiondef(t.tgfoid) FROM pg_trigger t \
    WHERE t.tgrelid = to_regclass('public.support_grants') AND t.tgname = 'support_grants_end_stays' \
      AND t.tgenabled = 'O'";

const TRIGGER: &str = "CREATE TRIGGER support_grants_end_stays \
    BEFORE UPDATE OF ended_at, ended_by_kind, ended_by_id ON support_grants FOR EACH ROW \
    WHEN (OLD.ended_at IS NOT NULL AND (OLD.ended_at IS DISTINCT FROM NEW.ended_at \
          OR OLD.ended_by_kind IS DISTINCT FROM NEW.ended_by_kind \
          OR OLD.ended_by_id IS DISTINCT FROM NEW.ended_by_id)) \
    EXECUTE FUNCTION support_grants_end_stays()";

const FUNCTION: &str = "CREATE OR REPLACE FUNCTION support_grants_end_stays() RETURNS trigger LANGUAGE plpgsql \
    AS $function$ BEGIN RAISE insufficient_privilege \
    USING MESSAGE = 'a support grant that has ended stays ended'; END $function$";

pub(super) async fn check(connection: &impl ConnectionTrait, catalogue: &Catalogue) -> Result<Vec<Check>, DbErr> {
    let plain = |text: &str| bare(text).to_lowercase().replace("public.", "");
    let there = rows::<2>(connection, THERE).await?;
    let fits =
        |[trigger, function]: &[String; 2]| plain(trigger) == plain(TRIGGER) && plain(function) == plain(FUNCTION);
    // A table that is missing is another rule's.
    let lost = catalogue.relations.contains_key("support_grants") && !there.iter().any(fits);
    let finding = Finding::new("support_grants.support_grants_end_stays", "is missing or changed");
    Ok(vec![ENDS.found(lost.then_some(finding).into_iter().collect())])
}
