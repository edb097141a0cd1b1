//! Bad input, against every route on both databases: a problem document that says where, never a failure of ours, never a
//! lost connection, and nothing written.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests: what fails here ends the test")]

#[path = "input/addresses.rs"]
mod addresses;
#[path = "input/ask.rs"]
mod ask;
#[path = "input/bodies.rs"]
mod bodies;
#[path = "input/keys.rs"]
mod keys;
#[path = "input/lists.rs"]
mod lists;
#[path = "input/wire.rs"]
mod wire;

use addresses::{
    a_malformed_precondition_is_refused, a_wrong_method_is_answered_with_the_right_ones,
    an_address_without_an_id_is_refused_as_described, an_id_of_nothing_is_not_found, an_odd_authorization_is_nobodys,
    an_unknown_address_is_not_found, every_answer_has_a_request_id_and_odd_ones_are_replaced,
};
use bodies::{
    a_wrong_body_is_pointed_at_and_writes_nothing, a_wrong_bootstrap_is_pointed_at_and_writes_nothing,
    every_route_that_takes_a_body_is_in_the_table,
};
use cotenant_tests::on_both_databases;
use keys::{a_key_is_not_looked_at_where_none_is_taken, an_odd_key_of_a_request_is_refused_wherever_one_is_taken};
use lists::{
    a_cursor_fits_only_its_own_list, a_tampered_cursor_is_refused_or_harmless, a_wrong_parameter_of_a_list_is_named,
    an_unknown_parameter_is_refused_everywhere,
};
use wire::{
    a_body_in_chunks_is_held_to_the_same_rules, what_is_no_http_is_refused_and_the_server_lives,
    who_stops_midway_is_not_waited_for,
};

on_both_databases! {
    a_wrong_body_is_pointed_at_and_writes_nothing;
    a_wrong_bootstrap_is_pointed_at_and_writes_nothing;
    every_route_that_takes_a_body_is_in_the_table;
    a_tampered_cursor_is_refused_or_harmless;
    a_cursor_fits_only_its_own_list;
    a_wrong_parameter_of_a_list_is_named;
    an_unknown_parameter_is_refused_everywhere;
    an_address_without_an_id_is_refused_as_described;
    an_id_of_nothing_is_not_found;
    a_wrong_method_is_answered_with_the_right_ones;
    an_unknown_address_is_not_found;
    a_malformed_precondition_is_refused;
    an_odd_key_of_a_request_is_refused_wherever_one_is_taken;
    a_key_is_not_looked_at_where_none_is_taken;
    an_odd_authorization_is_nobodys;
    every_answer_has_a_request_id_and_odd_ones_are_replaced;
    what_is_no_http_is_refused_and_the_server_lives;
    a_body_in_chunks_is_held_to_the_same_rules;
    who_stops_midway_is_not_waited_for;
}
