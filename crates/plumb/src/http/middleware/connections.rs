//! The connections that are open: what each is at, and which of them makes room for a new one.
//!
//! A connection at rest costs its caller nothing, so a thousand of them must not keep others out. When room is short, the
//! one that has rested longest is closed; after those, the one whose body has been on its way longest; after those, the
//! one whose caller has not taken its answer for longest. One whose request is being answered is never closed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use super::client_address::network;

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for a request whose headers are whole.
    Idle = 0,
    /// A body is on its way.
    Receiving = 1,
    /// A request is being answered.
    Working = 2,
    /// It was chosen to make room, and does nothing any more.
    Closing = 3,
}

/// Connections at rest make room first.
const IDLE_RANK: u8 = 0;

/// Bits of a state that hold the phase; those above count the order in which phases began.
const PHASE_BITS: u32 = 2;

/// An open connection.
#[derive(Debug)]
pub(in crate::http) struct Connection {
    /// The address of the other end.
    pub(super) peer: IpAddr,
    /// The phase, and when in the order of all changes it began: one number, so that both change at once.
    state: AtomicU64,
    /// Whether the other end has not taken what was written to it.
    blocked: AtomicBool,
    /// The order of all changes of the server's connections. Only the order matters, and counting is cheaper than a clock.
    changes: Arc<AtomicU64>,
}

impl Connection {
    fn new(peer: IpAddr, changes: Arc<AtomicU64>) -> Connection {
        let connection = Connection { peer, state: AtomicU64::new(0), blocked: AtomicBool::new(false), changes };
        connection.enter(Phase::Idle);
        connection
    }

    /// Begins a phase. Returns false if the connection was chosen to make room: then nothing more may be begun on it.
    pub(super) fn enter(&self, phase: Phase) -> bool {
        let before = self.state.load(Ordering::Acquire);
        if is(before, Phase::Closing) {
            return false;
        }
        let after = self.changes.fetch_add(1, Ordering::Relaxed) << PHASE_BITS | phase as u64;
        // Besides the connection's own task only its closing changes the state.
        self.state.compare_exchange(before, after, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Says whether the other end takes what is written to it.
    pub(super) fn set_blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Ordering::Release);
    }

    /// Returns the state, with how soon the connection makes room for another: the least first. `None`: never.
    fn rank(&self) -> (u64, Option<(u8, u64)>) {
        let state = self.state.load(Ordering::Acquire);
        let since = state >> PHASE_BITS;
        let rank = match self.blocked.load(Ordering::Acquire) {
            _ if is(state, Phase::Closing) => None,
            true => Some((2, since)),
            false if is(state, Phase::Idle) => Some((IDLE_RANK, since)),
            false if is(state, Phase::Receiving) => Some((1, since)),
            false => None,
        };
        (state, rank)
    }

    /// Takes the connection out of use, if it is still in this state.
    fn close(&self, state: u64) -> bool {
        let closing = state | Phase::Closing as u64;
        self.state.compare_exchange(state, closing, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

fn is(state: u64, phase: Phase) -> bool {
    state & ((1 << PHASE_BITS) - 1) == phase as u64
}

/// All open connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<Open>,
    changes: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Open {
    last_id: u64,
    by_id: HashMap<u64, (Arc<Connection>, AbortHandle)>,
    /// How many there are of each network, as one caller has a whole network of IPv6.
    of_network: HashMap<IpAddr, usize>,
}

/// A connection's place among those that are open, given back when it is dropped.
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.id);
    }
}

impl Connections {
    /// Returns how many are open.
    pub(super) fn count(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Returns how many are open of an address's network.
    pub(super) fn count_of(&self, peer: IpAddr) -> usize {
        self.lock().of_network.get(&network(peer)).copied().unwrap_or_default()
    }

    /// Adds a connection, which `spawn` runs in a task of its own.
    pub(super) fn add(
        self: &Arc<Connections>,
        peer: IpAddr,
        spawn: impl FnOnce(Arc<Connection>, Place) -> AbortHandle,
    ) {
        let connection = Arc::new(Connection::new(peer, self.changes.clone()));
        let mut open = self.lock();
        open.last_id += 1;
        let id = open.last_id;
        // A task that ends at once waits for this lock, so that its place is there when it gives it back.
        let task = spawn(connection.clone(), Place { connections: self.clone(), id });
        *open.of_network.entry(network(peer)).or_default() += 1;
        open.by_id.insert(id, (connection, task));
    }

    /// Closes the connection that makes room first, of an address's network or of all. Returns false if there is none.
    pub(super) fn make_room(&self, of: Option<IpAddr>) -> bool {
        let of = of.map(network);
        let mut open = self.lock();
        loop {
            let all =
                open.by_id.iter().filter(|(_, (connection, _))| of.is_none_or(|of| of == network(connection.peer)));
            let ranked = all.filter_map(|(id, (connection, _))| {
                let (state, rank) = connection.rank();
                Some((rank?, *id, state))
            });
            let Some((_, id, state)) = ranked.min() else { return false };
            // One that has just begun a request is not closed; another is looked for.
            let closed =
                open.by_id.get(&id).filter(|(connection, _)| connection.close(state)).map(|(_, task)| task.abort());
            if closed.is_some() {
                open.remove(id);
                return true;
            }
        }
    }

    /// Closes all that are at rest, also those that have sent half of their headers: hyper would wait for the other half.
    pub(super) fn close_idle(&self) {
        let open = self.lock();
        for (connection, task) in open.by_id.values() {
            let (state, rank) = connection.rank();
            if rank.is_some_and(|(class, _)| class == IDLE_RANK) && connection.close(state) {
                task.abort();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Removes a connection; one that was closed to make room is removed already.
    fn remove(&mut self, id: u64) {
        let Some((connection, _)) = self.by_id.remove(&id) else { return };
        let network = network(connection.peer);
        if let Some(count) = self.of_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.of_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::Ipv4Addr;

    use super::*;

    /// Adds a connection that never ends by itself.
    fn add(connections: &Arc<Connections>, last: u8) -> Arc<Connection> {
        let mut added = None;
        connections.add(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), |connection, place| {
            added = Some(connection);
            tokio::spawn(async move {
                let _place = place;
                pending::<()>().await;
            })
            .abort_handle()
        });
        added.expect("it was added")
    }

    fn is_closed(connection: &Connection) -> bool {
        !connection.enter(Phase::Working)
    }

    #[tokio::test]
    async fn the_longest_idle_makes_room_then_a_slow_body_then_a_slow_reader_and_never_one_at_work() {
        let connections = Arc::new(Connections::default());
        let [working, reader, receiving, later, first] = [1, 2, 3, 4, 5].map(|last| add(&connections, last));
        assert!(working.enter(Phase::Working) && reader.enter(Phase::Working) && receiving.enter(Phase::Receiving));
        reader.set_blocked(true);
        assert!(first.enter(Phase::Idle) && later.enter(Phase::Working) && later.enter(Phase::Idle));
        for expected in [&first, &later, &receiving, &reader] {
            assert!(connections.make_room(None));
            assert!(is_closed(expected), "{expected:?}");
        }
        assert!(!connections.make_room(None), "one at work stays");
        assert!(!is_closed(&working));
        assert_eq!(connections.count(), 1);
    }

    #[tokio::test]
    async fn an_address_makes_room_among_its_own_and_ended_tasks_give_their_place_back() {
        let connections = Arc::new(Connections::default());
        let (one, other) = (add(&connections, 1), add(&connections, 2));
        assert_eq!(connections.count_of(one.peer), 1);
        assert!(connections.make_room(Some(other.peer)));
        assert!(is_closed(&other) && !is_closed(&one));
        assert!(!connections.make_room(Some(other.peer)), "it has no more");
        connections.add(other.peer, |_, place| tokio::spawn(async move { drop(place) }).abort_handle());
        while connections.count_of(other.peer) > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(connections.count(), 1);
    }
}
