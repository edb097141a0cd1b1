use cotenant_domain::password_resets::{IssuedReset, PasswordReset, PasswordResetId};
use time::Duration;

use super::{Kit, add_person, assert_stale, world};
use crate::world::World;

fn asked(world: &World, email: &str) -> PasswordReset {
    let (id, now) = (PasswordResetId::new(world.deps.ids.next()), world.deps.clock.now());
    let (email, expires_at) = (email.parse().unwrap(), now + Duration::minutes(30));
    PasswordReset { id, email, requested_at: now, expires_at, issued: None }
}

async fn all(world: &World, resets: &[&PasswordReset]) -> Vec<bool> {
    let unit = world.deps.db.person().await.unwrap();
    let mut there = Vec::new();
    for reset in resets {
        there.push(unit.password_resets().find(reset.id).await.unwrap().is_some());
    }
    there
}

/// A reset is read back as it was written, by its id and by the hash of what was sent.
pub async fn a_reset_is_read_back_and_found_by_what_was_sent(kit: &dyn Kit) {
    let world = world(kit).await;
    let person = world.new_person("one@duka.example");
    add_person(&world, &person).await.unwrap();
    let reset = asked(&world, "One@duka.example");
    let issued = IssuedReset { user_id: person.base.id, token_hash: [7; 32] };
    let later = reset.expires_at + Duration::minutes(5);
    let unit = world.deps.db.person().await.unwrap();
    unit.password_resets().insert(&reset).await.unwrap();
    assert_eq!(unit.password_resets().find(reset.id).await.unwrap(), Some(reset.clone()));
    assert_eq!(unit.password_resets().find_by_token(&[7; 32]).await.unwrap(), None);
    unit.password_resets().issue(reset.id, &issued, later).await.unwrap();
    unit.commit().await.unwrap();
    let expected = PasswordReset { expires_at: later, issued: Some(issued), ..reset.clone() };
    let unit = world.deps.db.person().await.unwrap();
    assert_eq!(unit.password_resets().find_by_token(&[7; 32]).await.unwrap(), Some(expected));
    assert_eq!(unit.password_resets().find_by_token(&[8; 32]).await.unwrap(), None);
    let unknown = PasswordResetId::new(world.deps.ids.next());
    assert_stale(unit.password_resets().issue(unknown, &issued, later).await);
}

/// Voiding takes what was sent to one person, but for the kept one; sweeping takes all that have run out.
pub async fn resets_are_voided_by_person_and_swept_by_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let (one, two) = (world.new_person("one@duka.example"), world.new_person("two@duka.example"));
    for person in [&one, &two] {
        add_person(&world, person).await.unwrap();
    }
    let resets: Vec<_> = (0..4).map(|_| asked(&world, "one@duka.example")).collect();
    let unit = world.deps.db.person().await.unwrap();
    for (n, (reset, person)) in (1_u8..).zip(resets.iter().zip([&one, &one, &two])) {
        unit.password_resets().insert(reset).await.unwrap();
        let issued = IssuedReset { user_id: person.base.id, token_hash: [n; 32] };
        unit.password_resets().issue(reset.id, &issued, reset.expires_at).await.unwrap();
    }
    unit.password_resets().insert(&resets[3]).await.unwrap();
    unit.password_resets().void(one.base.id, Some(resets[1].id)).await.unwrap();
    unit.commit().await.unwrap();
    let [first, second, third, fourth] = [&resets[0], &resets[1], &resets[2], &resets[3]];
    let every = [first, second, third, fourth];
    assert_eq!(all(&world, &every).await, [false, true, true, true]);
    let unit = world.deps.db.person().await.unwrap();
    unit.password_resets().void(one.base.id, None).await.unwrap();
    unit.password_resets().sweep(first.requested_at).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(all(&world, &every).await, [false, false, true, true]);
    let unit = world.deps.db.person().await.unwrap();
    unit.password_resets().remove(fourth.id).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(all(&world, &every).await, [false, false, true, false]);
    let unit = world.deps.db.person().await.unwrap();
    unit.password_resets().sweep(third.expires_at).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(all(&world, &every).await, [false; 4]);
}
