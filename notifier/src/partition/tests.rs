//! A partition with receivers that are full, slow, and well, read in pieces and restarted at any moment.

use proptest::prelude::*;

use super::*;

const ROOM: usize = 3;
const LANES: u64 = 4;

/// What the receivers got, and what stays with them.
#[derive(Debug)]
struct World {
    /// The lane of each record; `None` is a mark of a transaction.
    log: Vec<Option<u64>>,
    partition: Partition,
    /// Where the log is read on.
    next: i64,
    held: BTreeMap<u64, Vec<i64>>,
    ended: BTreeMap<u64, Vec<i64>>,
    given: BTreeMap<u64, Vec<i64>>,
}

#[derive(Debug, Clone)]
enum Act {
    Read(usize),
    End { lane: u64, newest: bool },
    Restart,
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1_usize..6).prop_map(Act::Read),
        4 => (0..LANES, any::<bool>()).prop_map(|(lane, newest)| Act::End { lane, newest }),
        1 => Just(Act::Restart),
    ]
}

impl World {
    fn new(log: Vec<Option<u64>>) -> Self {
        let (partition, Seek(next)) = Partition::resume(&Positions::default());
        let (held, ended, given) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { log, partition, next, held, ended, given }
    }

    fn room(&self, lane: u64) -> usize {
        ROOM - self.held.get(&lane).map_or(0, Vec::len)
    }

    fn seek(&mut self) {
        let room: BTreeMap<_, _> = (0..LANES).map(|lane| (Lane(lane), self.room(lane))).collect();
        if let Some(Seek(next)) = self.partition.seek(|lane| room[&lane] > 1) {
            self.next = next;
        }
    }

    fn read(&mut self, count: usize) {
        self.seek();
        for _ in 0..count {
            let Some(of) = self.log.get(usize::try_from(self.next).unwrap()) else {
                return self.partition.idle();
            };
            if let Some(lane) = *of {
                let has_room = self.room(lane) > 0;
                if self.partition.take(self.next, Lane(lane), has_room) {
                    self.held.entry(lane).or_default().push(self.next);
                    self.given.entry(lane).or_default().push(self.next);
                }
            }
            self.next += 1;
            self.partition.reached(self.next);
        }
    }

    fn end(&mut self, lane: u64, newest: bool) {
        let Some(held) = self.held.get_mut(&lane).filter(|held| !held.is_empty()) else { return };
        let offset = held.remove(if newest { held.len() - 1 } else { 0 });
        self.partition.ended(offset, Lane(lane));
        self.ended.entry(lane).or_default().push(offset);
    }

    /// Another process begins with what was committed.
    fn restart(&mut self) {
        let (offset, metadata) = self.partition.positions().encode();
        let (positions, is_ours) = Positions::decode(offset, &metadata);
        assert!(is_ours, "{metadata}");
        let (partition, Seek(next)) = Partition::resume(&positions);
        (self.partition, self.next) = (partition, next);
        self.held.clear();
        self.given.clear();
    }

    /// Whatever is given is in order and once, and nothing that has not ended is committed.
    fn check(&self) {
        for given in self.given.values() {
            assert!(given.is_sorted_by(|one, next| one < next), "{given:?}");
        }
        let positions = self.partition.positions();
        for (at, lane) in self.log.iter().enumerate() {
            let Some(lane) = lane else { continue };
            let at = i64::try_from(at).unwrap();
            let served = positions.behind.get(&Lane(*lane)).unwrap_or(&positions.front);
            let has_ended = self.ended.get(lane).is_some_and(|ended| ended.contains(&at));
            assert!(at >= *served || has_ended, "{at} of {lane} has not ended: {positions:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_given_once_in_order_and_ends_before_its_position_moves(
        log in prop::collection::vec(prop::option::weighted(0.8, 0..LANES), 0..60),
        acts in prop::collection::vec(acts(), 0..120),
    ) {
        let mut world = World::new(log);
        for act in acts {
            match act {
                Act::Read(count) => world.read(count),
                Act::End { lane, newest } => world.end(lane, newest),
                Act::Restart => world.restart(),
            }
            world.check();
        }
        // In the end all receivers are well, and everything gets to them.
        for _ in 0..2_000 {
            world.read(5);
            (0..LANES).for_each(|lane| world.end(lane, false));
            world.check();
        }
        let end = i64::try_from(world.log.len()).unwrap();
        prop_assert_eq!(world.partition.positions(), Positions { front: end, behind: BTreeMap::new() });
        for (at, lane) in world.log.iter().enumerate() {
            let at = i64::try_from(at).unwrap();
            prop_assert!(lane.is_none_or(|lane| world.ended[&lane].contains(&at)), "{} was lost", at);
        }
    }
}

/// Three receivers are down for good: the fourth gets everything, as it comes.
#[test]
fn receivers_that_are_down_hold_up_nobody() {
    let log: Vec<_> = (0..4_000).map(|n| Some(n % LANES)).collect();
    let mut world = World::new(log);
    let mut reads = 0;
    while world.ended.get(&3).map_or(0, Vec::len) < 1_000 {
        world.read(4);
        world.end(3, false);
        reads += 1;
        assert!(reads < 2_000, "{:?}", world.partition);
    }
    assert_eq!(world.given[&0], [0, 4, 8]);
    assert_eq!(world.partition.positions().behind[&Lane(0)], 0);
}
