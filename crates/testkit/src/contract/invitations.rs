use cotenant_domain::invitations::{InvitationFilter, InvitationStatus};
use cotenant_domain::shared::PageRequest;

use super::{Kit, reader, world, writer};

/// An invitation is found by the hash of its secret in its own tenant, and in no other.
pub async fn an_invitation_is_found_by_its_secret_in_its_tenant_only(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let mut invitation = world.new_invitation(theirs.tenant_id(), "new@globex.example");
    let silent = world.new_invitation(theirs.tenant_id(), "silent@globex.example");
    invitation.token_hash = Some([7; 32]);
    let unit = writer(&world, &theirs).await;
    unit.invitations().insert(&invitation).await.unwrap();
    unit.invitations().insert(&silent).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &theirs).await;
    assert_eq!(unit.invitations().find_by_token(&[7; 32]).await.unwrap(), Some(invitation));
    assert_eq!(unit.invitations().find_by_token(&[8; 32]).await.unwrap(), None);
    drop(unit);
    assert_eq!(reader(&world, &ours).await.invitations().find_by_token(&[7; 32]).await.unwrap(), None);
}

/// A secret that was replaced or taken away finds nothing any more.
pub async fn only_the_last_secret_finds_an_invitation(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut invitation = world.invite(&owner, "new@duka.example", &[], &[]).await;
    let unit = writer(&world, &owner).await;
    for hash in [Some([1; 32]), Some([2; 32]), None] {
        let version = invitation.base.version;
        invitation.token_hash = hash;
        invitation.base.touch(world.deps.clock.now());
        unit.invitations().update(&invitation, version).await.unwrap();
        assert_eq!(unit.invitations().find_by_token(&[1; 32]).await.unwrap().is_some(), hash == Some([1; 32]));
        assert_eq!(unit.invitations().find_by_token(&[2; 32]).await.unwrap().is_some(), hash == Some([2; 32]));
    }
}

/// A list can be narrowed to a status.
pub async fn invitations_are_filtered_by_status(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let open = world.invite(&owner, "open@duka.example", &[], &[]).await;
    let mut withdrawn = world.invite(&owner, "withdrawn@duka.example", &[], &[]).await;
    withdrawn.status = InvitationStatus::Withdrawn;
    withdrawn.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    unit.invitations().update(&withdrawn, 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    for (status, expected) in [
        (None, vec![open.base.id, withdrawn.base.id]),
        (Some(InvitationStatus::Pending), vec![open.base.id]),
        (Some(InvitationStatus::Withdrawn), vec![withdrawn.base.id]),
        (Some(InvitationStatus::Accepted), vec![]),
    ] {
        let page = unit.invitations().list(&InvitationFilter { status }, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.iter().map(|row| row.base.id).collect::<Vec<_>>(), expected, "{status:?}");
    }
}
