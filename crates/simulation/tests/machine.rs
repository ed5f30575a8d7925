//! The simulated machine finds what it is made for: code that forgets to force a file or a name loses it within a few
//! seeds, and code that does not never does.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use plumb_simulation::{Accidents, Machine, is_dead};

const SEEDS: u64 = 300;

/// How a file is replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Care {
    Whole,
    NoForceOfBytes,
    NoForceOfName,
    NoRename,
}

fn replace(path: &Path, bytes: &[u8], care: Care) -> io::Result<()> {
    let folder = path.parent().expect("it has a folder");
    let aside = if care == Care::NoRename { path.to_owned() } else { path.with_extension("aside") };
    let mut file = File::create(&aside)?;
    file.write_all(bytes)?;
    if care != Care::NoForceOfBytes {
        file.sync_all()?;
    }
    if care != Care::NoRename {
        fs::rename(&aside, path)?;
    }
    if care != Care::NoForceOfName {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Replaces a file by one number after the other, on a machine of this seed, and returns whether it was then as it should
/// be: whole, the last number that was acknowledged or the one after it.
fn is_kept(seed: u64, care: Care) -> bool {
    let text = |number: u64| format!("{number:05}\n").repeat(400);
    let machine = Machine::new(seed, |folder| fs::write(folder.join("number"), text(0))).expect("made");
    let path = machine.folder().join("number");
    let (begun, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = || {
        for _ in 0..5 {
            let number = begun.load(Ordering::SeqCst) + 1;
            begun.store(number, Ordering::SeqCst);
            if replace(&path, text(number).as_bytes(), care).is_ok() && !is_dead() {
                acknowledged.store(number, Ordering::SeqCst);
            }
        }
    };
    machine.run(&[&count]).expect("the image can be written");
    let found = fs::read_to_string(&path).unwrap_or_default();
    (acknowledged.into_inner()..=begun.into_inner()).any(|number| found == text(number))
}

#[test]
fn a_file_that_is_replaced_with_care_is_never_lost_or_torn() {
    let lost: Vec<u64> = (0..SEEDS).filter(|seed| !is_kept(*seed, Care::Whole)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn each_omission_is_found() {
    for care in [Care::NoForceOfBytes, Care::NoForceOfName, Care::NoRename] {
        let lost = (0..SEEDS).filter(|seed| !is_kept(*seed, care)).count();
        assert!(lost > 0, "{care:?} is never found");
    }
}

#[test]
fn a_seed_has_the_same_turns_faults_and_crashes() {
    let traced = |seed| {
        let machine = Machine::new(seed, |_| io::Result::Ok(())).expect("made");
        let folder = machine.folder().to_owned();
        let appended = |name: &str| {
            let mut file = OpenOptions::new().create(true).append(true).open(folder.join(name))?;
            (0..20).try_for_each(|line| writeln!(file, "{line}").and_then(|()| file.sync_data()))
        };
        let [one, two] = ["one", "two"].map(|name| move || drop::<io::Result<()>>(appended(name)));
        machine.run(&[&one, &two]).expect("the image can be written");
        let content = ["one", "two"].map(|name| fs::read(folder.join(name)).ok());
        (machine.trace(), content)
    };
    let all: Vec<_> = (0..20).map(traced).collect();
    for (seed, run) in all.iter().enumerate() {
        assert!(*run == traced(seed as u64), "seed {seed} has two runs");
    }
    assert!(all.iter().collect::<BTreeSet<_>>().len() > 15, "other seeds, other runs");
}

#[test]
fn one_process_at_a_time_has_a_lock_and_a_dead_one_has_none() {
    for seed in 0..100 {
        let machine = Machine::new(seed, |folder| fs::write(folder.join("lock"), "")).expect("made");
        let path = machine.folder().join("lock");
        let (holders, taken) = (Mutex::new(0), AtomicU64::new(0));
        let script = || {
            for _ in 0..10 {
                let Ok(file) = File::open(&path) else { return };
                if file.try_lock().is_ok() && !is_dead() {
                    *holders.lock().expect("no panic") += 1;
                    assert_eq!(*holders.lock().expect("no panic"), 1, "seed {seed}");
                    taken.fetch_add(1, Ordering::SeqCst);
                    let _ = fs::create_dir(path.with_extension("d"))
                        .and_then(|()| fs::remove_dir(path.with_extension("d")));
                    *holders.lock().expect("no panic") -= 1;
                }
            }
        };
        machine.run_with(Accidents::default(), &[&script, &script, &script]).expect("no power loss");
        assert!(taken.into_inner() > 0);
    }
}

#[test]
fn threads_of_a_killed_process_can_do_nothing_more() {
    let machine = Machine::new(1, |_| io::Result::Ok(())).expect("made");
    let folder = machine.folder().to_owned();
    let lives = AtomicU64::new(0);
    let script = || {
        let life = lives.fetch_add(1, Ordering::SeqCst);
        let [one, two] = ["one", "two"].map(|name| folder.join(format!("{name} of life {life}")));
        let thread = std::thread::spawn(move || fs::write(&one, "1").and_then(|()| fs::write(&two, "2")));
        let outcome = thread.join().expect("no panic");
        assert_eq!(outcome.is_err(), life == 0, "{outcome:?}");
    };
    let accidents = Accidents { kills: vec![vec![1]], ..Accidents::default() };
    machine.run_with(accidents, &[&script]).expect("no power loss");
    let content = |name: &str| fs::read_to_string(folder.join(name)).expect("it was created");
    assert_eq!(["one of life 0", "two of life 0"].map(content), ["1", ""]);
    assert_eq!(["one of life 1", "two of life 1"].map(content), ["1", "2"]);
}

#[test]
fn one_that_waits_for_a_lock_gets_it() {
    for seed in 0..50 {
        let machine = Machine::new(seed, |folder| fs::write(folder.join("lock"), "")).expect("made");
        let path = machine.folder().join("lock");
        let taken = AtomicU64::new(0);
        let script = || {
            let file = File::open(&path).expect("it is there");
            file.lock().expect("it is waited for");
            fs::write(path.with_extension("copy"), "held").expect("written");
            taken.fetch_add(1, Ordering::SeqCst);
        };
        machine.run_with(Accidents::default(), &[&script, &script]).expect("no power loss");
        assert_eq!(taken.into_inner(), 2);
    }
}
