//! Input that nobody thought of: random and malformed, to everything that reads what others write. Whatever it is, it
//! is answered, by what the operation documents, and by no failure of ours. What the answer to a known mistake is, the
//! tests of bad input say.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

#[path = "input/ask.rs"]
#[expect(dead_code, reason = "the tests of bad input ask more of it")]
mod ask;
#[path = "fuzz/bodies.rs"]
mod bodies;
#[path = "fuzz/configuration.rs"]
mod configuration;
#[path = "fuzz/junk.rs"]
mod junk;
#[path = "fuzz/keys.rs"]
mod keys;
#[path = "fuzz/lists.rs"]
mod lists;
#[path = "properties/runner.rs"]
#[expect(dead_code, reason = "properties draw more")]
mod runner;
#[path = "fuzz/tokens.rs"]
mod tokens;

use bodies::any_body_is_answered_as_described;
use cotenant_tests::on_both_databases;
use keys::any_key_of_a_request_is_taken_or_refused_as_documented;
use lists::{any_cursor_is_refused_or_a_place_in_ones_own_list, any_query_is_answered_as_described};

on_both_databases! {
    any_body_is_answered_as_described;
    any_query_is_answered_as_described;
    any_cursor_is_refused_or_a_place_in_ones_own_list;
    any_key_of_a_request_is_taken_or_refused_as_documented;
}
