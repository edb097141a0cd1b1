//! Nobody reaches another tenant or another store: cross-tenant and cross-store tests of every route.
//!
//! [`table`] says for each route how a valid request is made for real objects of a tenant; [`matrix`] sends that request
//! as everybody who must be refused, and in the end as somebody who may. A route without an entry in the table fails the
//! test, and so does an actor whom [`ledger`] has not seen at a route. [`authorisation`] is the same the other way round,
//! as a table of who may do what. [`lists`], [`rights`] and [`own_ids`] ask what one request alone cannot show.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's set-up that fails ends the test")]

mod authorisation;
mod case;
mod house;
mod keys;
mod ledger;
mod lists;
mod matrix;
mod once;
mod own_ids;
mod rights;
mod support;
mod table;
mod world;
