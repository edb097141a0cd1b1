use cotenant_domain::addresses::{AddressChange, AddressChangeId, Mailbox, Proof};
use cotenant_domain::identity::{Person, USER_EMAIL_UNIQUE};
use time::Duration;

use super::{Kit, add_person, assert_stale, world};
use crate::world::World;

fn change(world: &World, person: &Person, to: &str) -> AddressChange {
    let now = world.deps.clock.now();
    AddressChange {
        id: AddressChangeId::new(world.deps.ids.next()),
        user_id: person.base.id,
        from: person.email.clone(),
        to: to.parse().unwrap(),
        kept: None,
        requested_at: now,
        expires_at: now + Duration::hours(24),
        at_next: Proof::default(),
        at_present: Proof::default(),
    }
}

/// A change of an address is read back as it was written, by its id and by the hash of either token.
pub async fn a_change_of_an_address_is_found_by_what_was_sent_to_either_mailbox(kit: &dyn Kit) {
    let world = world(kit).await;
    let person = world.new_person("one@duka.example");
    add_person(&world, &person).await.unwrap();
    let asked = change(&world, &person, "Two@duka.example");
    let unit = world.deps.db.person().await.unwrap();
    unit.address_changes().insert(&asked).await.unwrap();
    assert_eq!(unit.address_changes().find(asked.id).await.unwrap(), Some(asked.clone()));
    unit.address_changes().issue(asked.id, Mailbox::Next, &[7; 32]).await.unwrap();
    unit.address_changes().issue(asked.id, Mailbox::Present, &[8; 32]).await.unwrap();
    unit.address_changes().issue(asked.id, Mailbox::Present, &[9; 32]).await.unwrap();
    let now = world.deps.clock.now();
    unit.address_changes().show(asked.id, Mailbox::Present, now).await.unwrap();
    unit.commit().await.unwrap();
    let expected = AddressChange {
        at_next: Proof { token_hash: Some([7; 32]), confirmed_at: None },
        at_present: Proof { token_hash: Some([9; 32]), confirmed_at: Some(now) },
        ..asked
    };
    let unit = world.deps.db.person().await.unwrap();
    for (hash, mailbox) in [([7; 32], Mailbox::Next), ([9; 32], Mailbox::Present)] {
        assert_eq!(unit.address_changes().find_by_token(&hash).await.unwrap(), Some((expected.clone(), mailbox)));
    }
    assert_eq!(unit.address_changes().find_by_token(&[8; 32]).await.unwrap(), None, "an earlier token");
    let unknown = AddressChangeId::new(world.deps.ids.next());
    assert_stale(unit.address_changes().issue(unknown, Mailbox::Next, &[1; 32]).await);
}

/// Voiding takes one person's changes; sweeping takes all that have run out.
pub async fn changes_of_addresses_are_voided_by_person_and_swept_by_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let (one, two) = (world.new_person("one@duka.example"), world.new_person("two@duka.example"));
    for person in [&one, &two] {
        add_person(&world, person).await.unwrap();
    }
    let (first, second) = (change(&world, &one, "a@duka.example"), change(&world, &two, "b@duka.example"));
    let unit = world.deps.db.person().await.unwrap();
    unit.address_changes().insert(&first).await.unwrap();
    unit.address_changes().insert(&second).await.unwrap();
    unit.address_changes().void(one.base.id).await.unwrap();
    unit.commit().await.unwrap();
    let unit = world.deps.db.person().await.unwrap();
    assert_eq!(unit.address_changes().find(first.id).await.unwrap(), None);
    unit.address_changes().sweep(second.expires_at - Duration::SECOND).await.unwrap();
    assert_eq!(unit.address_changes().find(second.id).await.unwrap(), Some(second.clone()));
    unit.address_changes().sweep(second.expires_at).await.unwrap();
    assert_eq!(unit.address_changes().find(second.id).await.unwrap(), None);
}

/// A verified address raises no epoch; another one does, and has to be free, whatever the case.
pub async fn another_address_raises_the_epoch_and_is_nobody_elses(kit: &dyn Kit) {
    let world = world(kit).await;
    let (one, two) = (world.new_person("one@duka.example"), world.new_person("two@duka.example"));
    for person in [&one, &two] {
        add_person(&world, person).await.unwrap();
    }
    let (id, now) = (one.base.id, world.deps.clock.now());
    let unit = world.deps.db.person().await.unwrap();
    unit.people().verify_email(id, now).await.unwrap();
    let verified = unit.people().find(id).await.unwrap().unwrap();
    assert_eq!((verified.email_verified_at, verified.epoch), (Some(now), one.epoch));
    unit.people().set_email(id, &"Three@duka.example".parse().unwrap(), now).await.unwrap();
    let changed = unit.people().find_by_email(&"three@duka.example".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((changed.base.id, changed.email.as_str(), changed.epoch), (id, "Three@duka.example", one.epoch + 1));
    assert!(unit.people().find_by_email(&one.email).await.unwrap().is_none());
    unit.commit().await.unwrap();
    let unit = world.deps.db.person().await.unwrap();
    let taken = unit.people().set_email(two.base.id, &"THREE@duka.example".parse().unwrap(), now).await;
    assert!(taken.unwrap_err().is_conflict(USER_EMAIL_UNIQUE));
}
