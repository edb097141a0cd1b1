//! Memory that is bounded, of what costs little to forget.

use std::collections::HashMap;

/// Where a map holds so many, every second of them is forgotten, whichever they are. So those who made it full push out half of
/// the others at most, and looking for whom to forget costs each of them next to nothing.
pub(crate) fn make_room<K, V>(map: &mut HashMap<K, V>, most: usize) {
    if map.len() >= most {
        let mut stays = true;
        map.retain(|_, _| {
            stays = !stays;
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_goes_where_it_is_full_and_nobody_before() {
        let mut map: HashMap<u8, ()> = (0..9).map(|n| (n, ())).collect();
        make_room(&mut map, 10);
        assert_eq!(map.len(), 9);
        map.insert(9, ());
        make_room(&mut map, 10);
        assert_eq!(map.len(), 5);
    }
}
