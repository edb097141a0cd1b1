/// The source of chance where nothing secret hangs on it, such as how long to wait; tests turn it by hand.
pub trait Chance: Send + Sync {
    /// A number from 0 to below `n`, each as likely as the others; 0 where `n` is 0.
    fn below(&self, n: u32) -> u32;
}
