use async_trait::async_trait;
use cotenant_domain::platform::{NewPlatformAudit, PlatformAuditEvent, PlatformAuditFilter, PlatformAuditLog};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};

use super::paging::page;
use super::unit::PlatformWork;

fn shown(event: &PlatformAuditEvent, filter: &PlatformAuditFilter) -> bool {
    filter.action.as_ref().is_none_or(|action| *action == event.action)
        && filter.actor_id.is_none_or(|actor| event.actor_id == Some(actor))
        && filter.object_id.is_none_or(|id| event.object_id == Some(id))
        && filter.from.is_none_or(|from| from <= event.at)
        && filter.until.is_none_or(|until| event.at < until)
}

#[async_trait]
impl PlatformAuditLog for PlatformWork {
    async fn record(&self, event: NewPlatformAudit) -> Result<(), RepositoryError> {
        let event = event.by(self.principal, self.origin.clone());
        self.work.change(|state| {
            state.platform_audit.push(event);
            Ok(())
        })
    }

    async fn list(
        &self,
        filter: &PlatformAuditFilter,
        request: &PageRequest<()>,
    ) -> Result<Page<PlatformAuditEvent>, RepositoryError> {
        self.work.read(|state| {
            let shown = state.platform_audit.iter().filter(|event| shown(event, filter));
            page(shown, request, |event| Position { value: SortValue::Id, id: event.id })
        })
    }
}
