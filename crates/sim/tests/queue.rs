//! The queue against a sorted list.

use proptest::prelude::*;
use sim::{Order, Queue};

/// Pushes some items, takes some, and so on; answers what was taken, as (time, number of push).
fn drive(order: Order, steps: &[(u64, usize)]) -> Vec<(u64, u64)> {
    let mut queue = Queue::new(order);
    let mut taken = Vec::new();
    for (number, &(after, pops)) in steps.iter().enumerate() {
        queue.push(queue.now() + after, number as u64);
        for _ in 0..pops {
            let due = queue.peek_at();
            let next = queue.pop();
            assert_eq!(next.map(|(at, _)| at), due);
            taken.extend(next);
        }
    }
    while let Some(next) = queue.pop() {
        assert_eq!(queue.now(), next.0);
        taken.push(next);
    }
    assert!(queue.is_empty());
    assert_eq!(queue.len(), 0);
    taken
}

/// The same with a list that is sorted whenever something is taken.
fn reference(steps: &[(u64, usize)]) -> Vec<(u64, u64)> {
    let [mut waiting, mut taken] = [Vec::new(), Vec::new()];
    let mut now = 0;
    for (number, &(after, pops)) in steps.iter().enumerate() {
        waiting.push((now + after, number as u64));
        waiting.sort_unstable();
        for next in waiting.drain(..pops.min(waiting.len())) {
            now = next.0;
            taken.push(next);
        }
    }
    taken.extend(waiting);
    taken
}

proptest! {
    #[test]
    fn items_are_taken_by_time_and_arrival(
        steps in proptest::collection::vec((0_u64..6, 0_usize..3), 0..80),
    ) {
        prop_assert_eq!(drive(Order::Arrival, &steps), reference(&steps));
    }

    #[test]
    fn shuffling_permutes_ties_alone(
        seed: u64,
        times in proptest::collection::vec(0_u64..4, 0..60),
    ) {
        let steps: Vec<_> = times.iter().map(|&at| (at, 0)).collect();
        let plain = drive(Order::Arrival, &steps);
        let mut shuffled = drive(Order::Shuffled(seed), &steps);
        prop_assert_eq!(&shuffled, &drive(Order::Shuffled(seed), &steps));
        prop_assert!(shuffled.is_sorted_by_key(|&(at, _)| at));
        shuffled.sort_unstable();
        prop_assert_eq!(shuffled, plain);
    }
}

#[test]
fn every_order_of_three_ties_is_found() {
    let steps = [(5, 0); 3];
    let orders: std::collections::BTreeSet<_> =
        (0..100).map(|seed| drive(Order::Shuffled(seed), &steps)).collect();
    assert_eq!(orders.len(), 6);
}

#[test]
#[should_panic(expected = "due at 4, but it is 5 already")]
fn nothing_is_due_in_the_past() {
    let mut queue = Queue::new(Order::Arrival);
    queue.push(5, "now");
    queue.pop();
    queue.push(4, "too late");
}
