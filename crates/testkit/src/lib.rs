//! What authors of jobs, features and adapters test with: every port of `cotenant-domain` in memory, a world that is
//! set up through the use cases, and the contract that all adapters keep.
//!
//! # Three uses
//!
//! * **A use case of your own**: [`World::bootstrap`] gives a tenant with an owner and an operator, in memory, with a clock
//!   that stands until you turn it. People sign in like everybody: there is no way to make an actor without a password.
//! * **A job handler**: queue the job in a unit, then run the worker's step with [`World::deps`]: `examples/restock.rs`.
//! * **An adapter of your own**: implement [`contract::Kit`] and stamp the suite with [`contract_tests!`]; each rule is one
//!   test.
//!
//! ```
//! use cotenant_domain::stores;
//! use cotenant_testkit::World;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let world = World::bootstrap().await;
//! let owner = world.owner().await;
//! let page = stores::list(&owner, &world.deps, stores::ListStores::default()).await;
//! assert!(page.is_ok_and(|page| page.items.is_empty()));
//! # }
//! ```

pub mod contract;
pub mod fakes;
pub mod memory;
pub mod world;

pub use memory::MemoryDatabase;
pub use world::World;
