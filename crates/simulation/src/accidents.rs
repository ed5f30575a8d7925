//! What goes wrong in a run, drawn from a seed.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Operations on files after which something happens, at most; what the processes do not reach does not happen.
const OPERATIONS_MAX: u64 = 150;

/// What goes wrong in a run.
#[derive(Clone, Debug, Default)]
pub struct Accidents {
    /// The operation, counted over all processes, before which the power is lost.
    pub power_loss: Option<u64>,
    /// For each process, the operations, counted over its lives, before which it is killed. It starts again.
    pub kills: Vec<Vec<u64>>,
    /// Of so many operations, one fails: no room on the disk, or an error of the device.
    pub fault_in: Option<u32>,
    /// Of so many operations, the clock jumps before one, by up to two hundred years.
    pub clock_jump_in: Option<u32>,
}

impl Accidents {
    /// Draws what goes wrong in a run of so many processes: anything from nothing to all of it.
    pub(crate) fn draw(processes: usize, random: &mut ChaCha8Rng) -> Accidents {
        let operation = |random: &mut ChaCha8Rng| random.random_range(0..OPERATIONS_MAX);
        let kills = (0..processes)
            .map(|_| {
                let times = random.random_range(0..3_usize);
                let mut kills: Vec<u64> = (0..times).map(|_| operation(random)).collect();
                kills.sort_unstable();
                kills
            })
            .collect();
        Accidents {
            power_loss: random.random_bool(0.6).then(|| operation(random)),
            kills,
            fault_in: random.random_bool(0.4).then(|| random.random_range(5..60)),
            clock_jump_in: random.random_bool(0.3).then(|| random.random_range(5..60)),
        }
    }
}
