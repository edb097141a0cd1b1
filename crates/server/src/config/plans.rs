//! Which plans there are: how each is written, and that they go together.

use std::ops::RangeInclusive;

use ::config::ValueKind;
use cotenant_domain::plans::{Plan, PlanName, Plans, Resource};

use super::value::Setting;
use super::{Config, ConfigError, Problem};

impl Setting for PlanName {
    const EXPECTED: &'static str = "a name of 2 to 63 lower-case letters, digits and inner hyphens";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// A tenth of a thousandth of what is agreed upon, or a thousand times as much, is a slip of the pen.
const PERCENT: RangeInclusive<u32> = 1..=100_000;

impl Setting for Plan {
    const EXPECTED: &'static str = "a plan such as: free rate=20 stores=3 members=5 service_accounts=1";

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let mut plan = Self::open(words.next()?.parse().ok()?);
        let mut said = Vec::new();
        for word in words {
            let (key, number) = word.split_once('=')?;
            let number: u32 = number.parse().ok()?;
            match key {
                "rate" if PERCENT.contains(&number) => plan.rate_percent = number,
                "stores" => plan.quotas.stores = Some(number),
                // A tenant without an owner could not begin.
                "members" if number > 0 => plan.quotas.members = Some(number),
                "service_accounts" => plan.quotas.service_accounts = Some(number),
                _ => return None,
            }
            if said.contains(&key) {
                return None;
            }
            said.push(key);
        }
        Some(plan)
    }

    fn show(&self) -> Option<String> {
        let bound = |resource: Resource| Some(format!(" {}={}", resource.as_str(), self.quotas.of(resource)?));
        let bounds: String = Resource::ALL.into_iter().filter_map(bound).collect();
        let rate = if self.rate_percent == 100 { String::new() } else { format!(" rate={}", self.rate_percent) };
        Some(format!("{}{rate}{bounds}", self.name))
    }
}

impl Setting for Vec<Plan> {
    const EXPECTED: &'static str = "a list of plans such as: free rate=20 stores=3 members=5 service_accounts=1";

    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Plan::parse).collect()
    }

    fn decode(value: &ValueKind) -> Option<Self> {
        match value {
            ValueKind::Array(values) => values.iter().map(|value| Plan::decode(&value.kind)).collect(),
            _ => None,
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.iter().filter_map(Setting::show).collect::<Vec<_>>().join(", "))
    }
}

impl Config {
    /// Tenants for which no plan was chosen have one that is offered, and each name stands for one plan.
    pub(super) fn check_plans(&self) -> Result<(), ConfigError> {
        if self.plans().is_some() {
            return Ok(());
        }
        let found = self.plans.default.to_string();
        let allowed = "one of plans.offered, in which each name stands once".to_owned();
        let place = self.place("plans.default");
        Err(ConfigError::new(vec![Problem::NotAllowed { place, found, allowed }]))
    }

    /// The plans that tenants can have.
    pub(crate) fn plans(&self) -> Option<Plans> {
        Plans::new(&self.plans.default, self.plans.offered.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_as_it_is_shown() {
        for text in ["standard", "free rate=20 stores=3 members=5 service_accounts=1", "one stores=0"] {
            assert_eq!(Plan::parse(text).unwrap().show().unwrap(), text);
        }
        let free = Plan::parse("free  members=5  rate=20").unwrap();
        assert_eq!((free.rate_percent, free.quotas.members, free.quotas.stores), (20, Some(5), None));
        assert_eq!(Plan::parse("plain rate=100").unwrap(), Plan::parse("plain").unwrap());
        let plans = Vec::<Plan>::parse("standard, free stores=3").unwrap();
        assert_eq!(plans.show().unwrap(), "standard, free stores=3");
    }

    #[test]
    fn slips_of_the_pen_are_seen() {
        for text in ["", "Free", "free rate", "free rate=0", "free rate=100001", "free shops=3", "free stores=-1"] {
            assert!(Plan::parse(text).is_none(), "{text}");
        }
        for text in ["free members=0", "free stores=3 stores=4", "free stores=3;members=2", "free, Standard"] {
            assert!(Plan::parse(text).is_none() && Vec::<Plan>::parse(text).is_none(), "{text}");
        }
    }
}
