//! What holds whatever is done, in whatever order: random acts through the use cases, held against a model, against
//! rules that must never break, or against the other adapters. What fails is made smaller until it cannot be made
//! smaller.
//!
//! No list of the API takes conditions joined by OR. The wrapper beneath does (`Filter::any`): see [`conditions`].

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod acts;
mod adapters;
mod chain;
mod conditions;
mod deletion;
mod pages;
mod programs;
mod rights;
mod runner;
mod town;
mod why;

use adapters::every_adapter_answers_as_the_one_in_memory_does;
use chain::what_was_hashed_is_what_is_read_again;
use conditions::a_tree_of_conditions_finds_what_it_describes_in_its_own_tenant;
use cotenant_tests::on_both_databases;
use deletion::what_went_together_comes_back_together;
use pages::the_pages_of_a_list_are_the_rows_within_reach_each_once;
use rights::nobody_gives_what_they_do_not_hold_and_an_owner_stays;
use why::what_is_told_of_rights_is_what_they_are;

on_both_databases! {
    the_pages_of_a_list_are_the_rows_within_reach_each_once;
    what_went_together_comes_back_together;
    nobody_gives_what_they_do_not_hold_and_an_owner_stays;
    what_is_told_of_rights_is_what_they_are;
    every_adapter_answers_as_the_one_in_memory_does;
    a_tree_of_conditions_finds_what_it_describes_in_its_own_tenant;
    what_was_hashed_is_what_is_read_again;
}
