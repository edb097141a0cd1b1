use cotenant_domain::shared::Chance;

/// No chance at all: always 0. Pauses are as long as they get.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoChance;

impl Chance for NoChance {
    fn below(&self, _: u32) -> u32 {
        0
    }
}
