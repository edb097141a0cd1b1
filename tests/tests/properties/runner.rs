//! Runs a property over cases drawn from the run's seed.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cotenant_tests::prove;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// What a case comes to: broken rules are said in words.
pub(crate) type Outcome = Result<(), String>;

/// Holds `property` against so many cases of a strategy; panics with the smallest one found that breaks it.
///
/// Cases are run on a thread of their own, so that the one that began the test can serve the database meanwhile.
pub(crate) async fn holds<S>(
    name: &str,
    cases: u64,
    strategy: fn() -> S,
    property: impl AsyncFn(S::Value) -> Outcome + Send + 'static,
) where
    S: Strategy + 'static,
    S::Value: Debug,
{
    let (runtime, name) = (tokio::runtime::Handle::current(), name.to_owned());
    let run = tokio::task::spawn_blocking(move || {
        let mut runner = TestRunner::new_with_rng(config(cases), seeded(&name));
        let run = runner.run(&strategy(), |case| runtime.block_on(property(case)).map_err(TestCaseError::fail));
        match run {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => panic!("{name}: {reason}\nthe smallest such case: {case:#?}"),
            Err(TestError::Abort(reason)) => panic!("{name}: {reason}"),
        }
    });
    if let Err(error) = run.await {
        std::panic::resume_unwind(error.into_panic());
    }
}

fn config(cases: u64) -> Config {
    Config {
        cases: u32::try_from(cases).unwrap(),
        max_shrink_iters: 300,
        max_shrink_time: 10_000,
        failure_persistence: None,
        ..Config::default()
    }
}

fn seeded(name: &str) -> TestRng {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&prove::seed(name).to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

/// One value of a strategy.
pub(crate) fn drawn<S: Strategy>(name: &str, strategy: &S) -> S::Value {
    strategy.new_tree(&mut TestRunner::new_with_rng(config(1), seeded(name))).unwrap().current()
}

/// Counts across cases.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    /// Counts one; the number before.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A broken rule, said in words, unless it holds.
macro_rules! holds_that {
    ($condition:expr, $($said:tt)*) => {
        if !$condition {
            return Err(format!($($said)*));
        }
    };
}
pub(crate) use holds_that;
