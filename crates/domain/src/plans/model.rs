use crate::limits::Rate;
use crate::shared::PlanName;

/// What a plan can bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Stores that are not deleted.
    Stores,
    /// Members, suspended ones included: who was removed is none.
    Members,
    /// Service accounts that are not deleted.
    ServiceAccounts,
}

impl Resource {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Stores, Self::Members, Self::ServiceAccounts];

    /// Its stable name: `stores`, `members`, `service_accounts`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stores => "stores",
            Self::Members => "members",
            Self::ServiceAccounts => "service_accounts",
        }
    }
}

/// The most that a tenant may have; `None` is without a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotas {
    /// Stores.
    pub stores: Option<u32>,
    /// Members.
    pub members: Option<u32>,
    /// Service accounts.
    pub service_accounts: Option<u32>,
}

impl Quotas {
    /// The most of a resource.
    pub fn of(&self, resource: Resource) -> Option<u32> {
        match resource {
            Resource::Stores => self.stores,
            Resource::Members => self.members,
            Resource::ServiceAccounts => self.service_accounts,
        }
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// By which tenants have it.
    pub name: PlanName,
    /// What the rates of a tenant and of its keys are multiplied by, in percent.
    pub rate_percent: u32,
    /// How much of everything.
    pub quotas: Quotas,
}

impl Plan {
    /// A plan that bounds nothing and leaves rates as they are.
    pub fn open(name: PlanName) -> Self {
        Self { name, rate_percent: 100, quotas: Quotas::default() }
    }

    /// A rate as it is under this plan.
    pub fn rate(&self, rate: Rate) -> Rate {
        rate.scaled(self.rate_percent)
    }
}

/// The plans that are offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    default: Plan,
    others: Vec<Plan>,
}

impl Plans {
    /// The plans, and which of them a tenant has for which none was chosen; `None` where that is not among them, or two have
    /// one name.
    pub fn new(default: &PlanName, offered: Vec<Plan>) -> Option<Self> {
        let is_twice = |(at, plan): (usize, &Plan)| offered.iter().skip(at + 1).any(|other| other.name == plan.name);
        if offered.iter().enumerate().any(is_twice) {
            return None;
        }
        let (chosen, others): (Vec<_>, Vec<_>) = offered.into_iter().partition(|plan| plan.name == *default);
        Some(Self { default: chosen.into_iter().next()?, others })
    }

    /// One plan alone.
    pub fn only(plan: Plan) -> Self {
        Self { default: plan, others: Vec::new() }
    }

    /// The plan with this name, if it is offered.
    pub fn find(&self, name: &PlanName) -> Option<&Plan> {
        std::iter::once(&self.default).chain(&self.others).find(|plan| plan.name == *name)
    }

    /// The plan of a tenant: the one that was chosen for it, and the default where none was. A plan that is offered no more
    /// counts as none, so that a change of the settings locks nobody out.
    pub fn of(&self, chosen: Option<&PlanName>) -> &Plan {
        chosen.and_then(|name| self.find(name)).unwrap_or(&self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PlanName {
        text.parse().unwrap()
    }

    #[test]
    fn a_tenant_has_the_plan_that_was_chosen_and_otherwise_the_default() {
        let offered = ["free", "standard"].map(|text| Plan::open(name(text))).to_vec();
        let plans = Plans::new(&name("standard"), offered.clone()).unwrap();
        let of = |chosen: Option<&str>| plans.of(chosen.map(name).as_ref()).name.to_string();
        assert_eq!([of(None), of(Some("free")), of(Some("gone"))], ["standard", "free", "standard"]);
        assert_eq!(plans.find(&name("gone")), None);
        assert_eq!(Plans::new(&name("gone"), offered.clone()), None);
        let twice = [offered.as_slice(), offered.as_slice()].concat();
        assert_eq!(Plans::new(&name("standard"), twice), None);
    }

    #[test]
    fn each_resource_has_the_quota_of_its_name() {
        let quotas = Quotas { stores: Some(1), members: Some(2), service_accounts: Some(3) };
        assert_eq!(Resource::ALL.map(|resource| quotas.of(resource)), [Some(1), Some(2), Some(3)]);
        let names = Resource::ALL.map(Resource::as_str);
        assert_eq!(names, ["stores", "members", "service_accounts"]);
    }
}
