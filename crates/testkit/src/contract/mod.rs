//! The contract that every adapter of the ports keeps: one rule, one function, one test for each adapter.
//!
//! # How to hold an adapter to it
//!
//! ```
//! use async_trait::async_trait;
//! use cotenant_testkit::contract::{Adapters, Kit};
//!
//! struct MemoryKit;
//!
//! #[async_trait]
//! impl Kit for MemoryKit {
//!     async fn adapters(&self) -> Adapters {
//!         Adapters::in_memory()
//!     }
//! }
//!
//! cotenant_testkit::contract_tests!(MemoryKit);
//! # fn main() {}
//! ```
//!
//! Each test makes a kit of its own, and each kit gives a database in which nothing has happened. The test crate needs
//! `tokio` with its macros.
//!
//! # Why the rules begin with a bootstrap
//!
//! A scope comes only from an actor, and an actor only from a sign-in. So each rule sets its people up through use cases,
//! and then speaks to the ports directly, under the scopes that these people hold.

#![expect(clippy::unwrap_used, clippy::panic, reason = "rules are tests: what is not as expected ends them")]

mod access;
mod addresses;
mod audit;
mod bootstrap;
mod deletion;
mod grants;
mod idempotency;
mod invitations;
mod job_ends;
mod job_turns;
mod jobs;
mod members;
mod pages;
mod password_resets;
mod passwords;
mod plans;
mod platform;
mod platform_jobs;
mod references;
mod services;
mod sessions;
mod store_scope;
mod support;
mod texts;
mod turns;
mod unique;
mod units;
mod values;
mod versions;
mod walls;

use async_trait::async_trait;
use cotenant_domain::identity::{PasswordHash, Person};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{Actor, Deletion, DeletionId, Operator, StoresCreate, TenantRead};
use cotenant_domain::uow::{PlatformUnit, ReadUnit, WriteUnit};

pub use crate::world::Adapters;
use crate::world::{PASSWORD, World};

pub use access::*;
pub use addresses::*;
pub use audit::*;
pub use bootstrap::*;
pub use deletion::*;
pub use grants::*;
pub use idempotency::*;
pub use invitations::*;
pub use job_ends::*;
pub use job_turns::*;
pub use jobs::*;
pub use members::*;
pub use pages::*;
pub use password_resets::*;
pub use passwords::*;
pub use plans::*;
pub use platform::*;
pub use platform_jobs::*;
pub use references::*;
pub use services::*;
pub use sessions::*;
pub use store_scope::*;
pub use support::*;
pub use texts::*;
pub use turns::*;
pub use unique::*;
pub use units::*;
pub use values::*;
pub use versions::*;
pub use walls::*;

/// Gives the adapters of a database that is migrated and empty. What the database needs to live (a folder, a server) lives
/// as long as the kit.
#[async_trait]
pub trait Kit: Send + Sync {
    /// The adapters of this kit's database.
    async fn adapters(&self) -> Adapters;
}

/// The world of a rule: the first tenant, its owner and the operator.
async fn world(kit: &dyn Kit) -> World {
    World::bootstrap_over(kit.adapters().await).await
}

/// A reading unit in the whole of an actor's tenant.
async fn reader(world: &World, actor: &Actor) -> Box<dyn ReadUnit> {
    world.deps.db.read(&actor.authorize(TenantRead).unwrap()).await.unwrap()
}

/// A writing unit in the whole of an actor's tenant.
async fn writer(world: &World, actor: &Actor) -> Box<dyn WriteUnit> {
    world.deps.db.write(&actor.authorize(StoresCreate).unwrap()).await.unwrap()
}

/// The same for a unit that changes what somebody may do.
async fn steward(world: &World, actor: &Actor) -> Box<dyn WriteUnit> {
    let unit = writer(world, actor).await;
    unit.tenant().raise_access_version().await.unwrap();
    unit
}

/// A unit on the platform's records.
async fn platform(world: &World, operator: &Operator) -> Box<dyn PlatformUnit> {
    world.deps.db.platform(&operator.platform()).await.unwrap()
}

/// The person with this address.
async fn person(world: &World, email: &str) -> Option<Person> {
    let unit = world.deps.db.person().await.unwrap();
    unit.people().find_by_email(&email.parse().unwrap()).await.unwrap()
}

/// The hash of a password.
async fn a_hash(world: &World) -> PasswordHash {
    world.deps.passwords.hash(PASSWORD.into()).await.unwrap()
}

/// Adds a person.
async fn add_person(world: &World, person: &Person) -> Result<(), RepositoryError> {
    let hash = a_hash(world).await;
    let unit = world.deps.db.person().await?;
    unit.people().insert(person, &hash).await?;
    unit.commit().await
}

/// Deletes at this moment, in an act of its own.
fn deletion(world: &World) -> Deletion {
    Deletion { at: world.deps.clock.now(), id: DeletionId::new(world.deps.ids.next()) }
}

/// Asserts that a unique rule was broken, and which.
#[track_caller]
fn assert_conflict<T: std::fmt::Debug>(result: Result<T, RepositoryError>, rule: &str) {
    match result {
        Err(error) if error.is_conflict(rule) => {}
        other => panic!("expected a conflict on {rule}, got {other:?}"),
    }
}

/// Asserts that a write was refused as stale.
#[track_caller]
fn assert_stale<T: std::fmt::Debug>(result: Result<T, RepositoryError>) {
    assert!(matches!(result, Err(RepositoryError::Stale)), "expected it to be stale, got {result:?}");
}

/// Asserts that a write was refused for lying outside the scope.
#[track_caller]
fn assert_out_of_scope<T: std::fmt::Debug>(result: Result<T, RepositoryError>) {
    assert!(matches!(result, Err(RepositoryError::OutOfScope)), "expected it to be out of scope, got {result:?}");
}

/// Asserts that a change of a row that the scope does not reach was refused: as out of scope where the row says so itself,
/// as stale where the statement finds nothing.
#[track_caller]
fn assert_out_of_reach<T: std::fmt::Debug>(result: Result<T, RepositoryError>) {
    let refused = matches!(result, Err(RepositoryError::OutOfScope | RepositoryError::Stale));
    assert!(refused, "expected it to be out of reach, got {result:?}");
}

/// Asserts that a reference to nothing was refused.
#[track_caller]
fn assert_missing_reference<T: std::fmt::Debug>(result: Result<T, RepositoryError>) {
    let refused = matches!(result, Err(RepositoryError::MissingReference));
    assert!(refused, "expected a missing reference, got {result:?}");
}

/// Stamps every rule of the contract into a test for the kit that the expression makes; it may await.
#[macro_export]
macro_rules! contract_tests {
    ($kit:expr) => {
        $crate::contract_tests! { @stamp $kit;
            // access
            grants_and_roles_count_at_once,
            a_system_role_gives_what_the_program_says,
            a_membership_counts_at_once,
            a_tenants_state_counts_at_once,
            rights_do_not_change_without_the_access_version,
            a_unit_reads_rights_as_they_are,
            the_access_version_rises_with_each_change,
            // audit
            the_log_has_no_gaps_in_any_tenant,
            acts_at_the_same_time_leave_no_gap,
            an_event_is_read_back_as_it_was_recorded,
            events_are_filtered,
            the_log_is_a_chain_in_each_tenant,
            what_is_hashed_is_what_is_read_again,
            what_has_no_canonical_text_is_not_recorded,
            // bootstrap
            the_beginning_is_claimed_once,
            of_several_beginnings_at_once_one_happens,
            the_beginning_makes_one_tenant_and_one_operator,
            // deletion
            deleted_rows_show_only_where_they_are_asked_for,
            a_deleted_role_is_gone,
            deleting_and_restoring_raise_the_version,
            deleting_twice_or_restoring_what_lives_is_stale,
            a_deleted_row_cannot_be_changed,
            restoring_an_act_brings_back_exactly_what_went_in_it,
            // grants
            a_grant_is_read_with_when_and_by_whom,
            a_scope_of_one_store_reads_the_grants_there,
            those_who_hold_a_role_are_read_with_all_their_grants,
            accounts_that_hold_a_role_are_read_with_all_their_grants,
            another_tenants_grants_are_not_read,
            a_role_is_found_by_its_name,
            // idempotency
            an_answer_is_kept_together_with_the_effect,
            an_answer_without_its_body_is_kept_as_such,
            what_is_given_up_leaves_neither_effect_nor_key,
            of_several_at_once_under_one_key_one_has_an_effect,
            a_key_belongs_to_who_gave_it_in_one_tenant,
            a_key_of_another_request_is_told,
            a_kept_answer_runs_out,
            answers_are_swept_by_their_age_in_one_tenant,
            answers_are_swept_some_at_a_time,
            a_sweep_is_ordered_with_what_it_will_sweep,
            an_operators_errand_is_kept_at_the_platform,
            an_operators_errand_is_swept_at_the_platform,
            // invitations
            an_invitation_is_found_by_its_secret_in_its_tenant_only,
            only_the_last_secret_finds_an_invitation,
            invitations_are_filtered_by_status,
            // job_ends
            a_job_for_one_thing_is_queued_once,
            effects_and_end_of_a_job_are_one,
            a_lease_is_prolonged_by_its_holder_alone,
            a_job_is_put_off_without_counting_the_attempt,
            a_job_that_was_given_up_is_queued_again,
            jobs_that_are_done_are_purged_and_no_others,
            jobs_that_were_given_up_are_purged_in_their_own_time,
            jobs_are_listed_by_tenant_status_and_kind,
            // job_turns
            tenants_take_turns,
            a_tenant_has_no_more_in_hand_than_it_may,
            jobs_of_tenants_that_are_not_in_use_are_passed_over,
            // jobs
            due_jobs_are_leased_in_their_order_each_with_its_tenant,
            no_job_is_leased_twice_at_a_time,
            an_expired_lease_is_taken_over_with_a_higher_number,
            an_ended_job_is_not_leased_again,
            a_failed_attempt_counts_and_one_handed_back_does_not,
            a_job_of_another_tenant_cannot_be_ended,
            a_repeated_attempt_stays_in_the_tenant_of_its_job,
            a_job_is_read_back_as_it_was_queued,
            // members
            a_grant_is_given_once_and_taken_once,
            all_roles_of_one_member_can_be_taken,
            grants_of_deleted_roles_or_at_deleted_stores_do_not_show,
            owners_are_active_and_tenant_wide,
            owners_are_counted_per_tenant,
            a_person_signs_in_to_live_memberships_only,
            // pages
            pages_of_stores_are_all_stores_in_order,
            pages_of_products_are_all_products_in_order,
            pages_of_roles_are_all_roles_in_order,
            pages_of_members_are_all_members_in_order,
            pages_of_tenants_are_all_tenants_in_order,
            pages_of_invitations_and_events_are_all_of_them_in_order,
            // addresses
            a_change_of_an_address_is_found_by_what_was_sent_to_either_mailbox,
            changes_of_addresses_are_voided_by_person_and_swept_by_time,
            another_address_raises_the_epoch_and_is_nobody_elses,
            // password_resets
            a_reset_is_read_back_and_found_by_what_was_sent,
            resets_are_voided_by_person_and_swept_by_time,
            // passwords
            another_password_raises_the_epoch_and_only_its_own_persons,
            a_rehash_never_undoes_another_password,
            a_new_password_ends_sessions_in_all_tenants_and_nobody_elses,
            a_sign_in_that_a_new_password_overtakes_begins_nothing,
            what_a_new_password_ended_begins_nothing,
            // plans
            what_lives_in_the_own_tenant_is_counted,
            whoever_counts_under_the_tenants_lock_counts_right,
            // platform
            the_platform_writes_a_tenants_whole_record,
            the_platform_never_lowers_the_access_version,
            the_platforms_log_is_found_by_what_who_to_what_and_when,
            a_tenant_changes_its_own_name_slug_and_language_only,
            // platform_jobs
            jobs_of_the_platform_are_leased_apart_from_those_of_tenants,
            a_job_of_the_platform_is_ended_by_who_holds_its_lease,
            the_platform_has_no_share_of_a_tenant,
            a_schedule_comes_up_once_for_all_workers,
            // references
            a_product_needs_a_store_of_its_tenant,
            a_grant_needs_member_role_and_store_of_its_tenant,
            a_membership_needs_a_person,
            // services
            a_service_account_is_read_back_and_changed_at_its_version,
            names_and_ids_of_service_accounts_are_unique_in_the_tenant,
            a_service_account_holds_what_it_was_given,
            rights_of_services_do_not_change_without_the_access_version,
            a_key_is_read_back_and_ends,
            the_access_of_a_key_is_read_in_its_tenant_at_once,
            service_accounts_of_another_tenant_are_out_of_reach,
            service_accounts_are_filtered_and_paged,
            // sessions
            an_ended_session_stays_ended,
            a_session_answers_for_its_own_person_and_tenant,
            an_operators_session_ends_with_the_rank,
            sessions_are_read_back_as_they_were_written,
            an_ended_or_foreign_session_is_not_renewed,
            a_members_live_sessions_are_listed_and_ended_together,
            // store_scope
            a_scope_of_one_store_sees_that_store_only,
            a_scope_of_one_store_changes_no_other_store,
            a_scope_of_one_store_writes_no_product_of_another,
            a_scope_of_one_store_empties_no_other,
            a_scope_of_one_store_grants_at_no_other,
            // support
            a_support_grant_is_read_back_at_both_doors,
            a_support_grant_ends_once_and_only_while_it_is_live,
            the_use_of_a_support_grant_is_noted,
            a_support_grant_of_another_tenant_is_out_of_reach,
            the_access_of_a_support_grant_is_read_in_its_tenant_at_once,
            support_grants_are_filtered_and_paged,
            what_support_does_names_the_grant,
            // texts
            a_text_filter_knows_no_wildcards,
            a_text_filter_ignores_case_in_every_list,
            filters_keep_what_they_say,
            removed_members_show_only_where_they_are_asked_for,
            // turns
            no_raise_of_the_access_version_is_lost,
            a_locked_store_is_changed_by_one_unit_at_a_time,
            an_invitation_is_consumed_by_one_unit,
            // unique
            a_store_code_is_unique_in_the_tenant,
            a_store_id_is_unique_in_the_tenant,
            a_sku_is_unique_in_its_store,
            a_product_id_is_unique_in_the_tenant,
            a_role_name_is_unique_in_the_tenant,
            a_role_id_is_unique_in_the_tenant,
            an_invitation_id_is_unique_and_its_address_is_not,
            a_person_is_a_member_once,
            an_address_belongs_to_one_person,
            a_slug_belongs_to_one_tenant_for_good,
            two_tenants_can_have_the_same_ids_and_names,
            a_deleted_rows_name_is_free_again,
            // units
            what_is_committed_is_visible,
            only_the_unit_itself_sees_what_is_not_committed,
            a_dropped_unit_leaves_nothing_behind,
            a_committed_unit_takes_effect_in_every_port,
            a_transition_stays_in_one_transaction,
            a_unit_that_failed_cannot_be_committed,
            // values
            ids_and_instants_are_read_back_as_they_were_written,
            texts_and_numbers_are_read_back_as_they_were_written,
            changes_are_read_back_as_they_were_written,
            roles_are_read_back_as_they_were_written,
            people_memberships_and_invitations_are_read_back,
            // versions
            a_stale_store_is_left_alone,
            a_stale_product_is_left_alone,
            a_stale_role_is_left_alone,
            a_stale_membership_is_left_alone,
            a_stale_invitation_is_left_alone,
            a_stale_tenant_is_left_alone,
            // walls
            another_tenant_finds_nothing_by_id,
            another_tenants_rows_are_on_no_list,
            a_row_of_another_tenant_cannot_be_added,
            a_row_of_another_tenant_cannot_be_changed,
            a_session_of_another_tenant_cannot_be_ended,
            another_tenants_record_cannot_be_changed,
        }
    };
    (@stamp $kit:expr; $($rule:ident,)*) => {$(
        #[tokio::test]
        async fn $rule() {
            let kit = $kit;
            $crate::contract::$rule(&kit).await;
        }
    )*};
}
